/** A value as `console.log` of Node shows it, more or less: texts as they are, the rest as one would write it. */
export function show(value: unknown, inside = false): string {
  if (typeof value === 'string') {
    return inside ? `'${value}'` : value;
  }
  if (value instanceof AggregateError) {
    return [`${value.name}: ${value.message}`, ...value.errors.map((each) => `  [${show(each, true)}]`)].join(
      '\n',
    );
  }
  if (value instanceof Error) {
    return `${value.name}: ${value.message}`;
  }
  if (Array.isArray(value)) {
    return value.length === 0 ? '[]' : `[ ${value.map((each) => show(each, true)).join(', ')} ]`;
  }
  if (typeof value === 'function') {
    return `[Function: ${value.name}]`;
  }
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'bigint' ? `${value}n` : String(value);
  }
  const { constructor: { name } = { name: 'Object' } } = value as { constructor?: { name: string } };
  if (name !== 'Object') {
    return `[${name}]`;
  }
  const entries = Object.entries(value).map(([key, each]) => `${key}: ${show(each, true)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}
