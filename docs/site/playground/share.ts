const KEY = 'program=';

/** The part of an address behind "#" that holds a program. */
export function toHash(code: string): string {
  const bytes = new TextEncoder().encode(code);
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return `#${KEY}${text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
}

/** The program in such a part; undefined if there is none. */
export function fromHash(hash: string): string | undefined {
  if (!hash.startsWith(`#${KEY}`)) {
    return undefined;
  }
  try {
    const text = atob(
      hash
        .slice(KEY.length + 1)
        .replaceAll('-', '+')
        .replaceAll('_', '/'),
    );
    return new TextDecoder().decode(Uint8Array.from(text, (sign) => sign.charCodeAt(0)));
  } catch {
    return undefined; // The address was cut.
  }
}
