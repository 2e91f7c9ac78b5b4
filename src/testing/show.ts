/** A value as messages show it: on one line, and not too long. */
export function show(value: unknown): string {
  const shown = showWithin(value, []);
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST - 1)}…` : shown;
}

const LONGEST = 120;
const DEEPEST = 4;

function showWithin(value: unknown, outer: readonly object[]): string {
  if (typeof value === 'string') {
    return JSON.stringify(value);
  }
  if (typeof value === 'bigint') {
    return `${value}n`;
  }
  if (typeof value === 'function') {
    return value.name === '' ? 'a function' : `function ${value.name}`;
  }
  if (typeof value !== 'object' || value === null) {
    return Object.is(value, -0) ? '-0' : String(value);
  }
  if (value instanceof Error || value instanceof RegExp || value instanceof URL) {
    return String(value);
  }
  if (typeof (value as Matcher).asymmetricMatch === 'function') {
    return showMatcher(value);
  }
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  }
  if (outer.includes(value) || outer.length === DEEPEST) {
    return '…';
  }
  return showObject(value, (part) => showWithin(part, [...outer, value]));
}

/** What stands for many values, as Jest or Jasmine describe it. */
interface Matcher {
  asymmetricMatch?: unknown;
  toAsymmetricMatcher?(): string;
  jasmineToString?(show: (value: unknown) => string): string;
}

function showMatcher(matcher: Matcher): string {
  return matcher.toAsymmetricMatcher?.() ?? matcher.jasmineToString?.(show) ?? 'a matcher';
}

function showObject(value: object, inside: (part: unknown) => string): string {
  const kind = nameOf(value);
  if (Array.isArray(value)) {
    return `[${value.map(inside).join(', ')}]`;
  }
  if (value instanceof Set) {
    return `${kind} { ${[...(value as Set<unknown>)].map(inside).join(', ')} }`;
  }
  const entries =
    value instanceof Map
      ? [...(value as Map<unknown, unknown>)].map(([key, part]) => `${inside(key)} => ${inside(part)}`)
      : Object.entries(value).map(([key, part]) => `${key}: ${inside(part)}`);
  const prefix = kind === 'Object' || kind === '' ? '' : `${kind} `;
  return entries.length === 0 ? `${prefix}{}` : `${prefix}{ ${entries.join(', ')} }`;
}

function nameOf(value: object): string {
  const { constructor } = value as { constructor?: { name?: unknown } };
  return typeof constructor?.name === 'string' ? constructor.name : '';
}
