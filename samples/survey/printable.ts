// Makes foreign text fit for a terminal. What to watch for: a package.json may hold anything, and a name with
// an escape sequence in it would otherwise move the cursor, or hide what failed.

/** The text in one line of at most `width` characters, without any that would steer a terminal. */
export function printable(text: string, width = 100): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '�');
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
}
