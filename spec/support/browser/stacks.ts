import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload, type SourceMapping } from 'node:module';

const MODULE = 'webpack-internal:///';

/** Makes a copy of what a page tells, in which stacks point into the sources. */
export function mapper(folder: string): <T>(told: T) => T {
  const maps = new Map<string, SourceMap | undefined>();
  const mapOf = (name: string): SourceMap | undefined => {
    if (maps.size === 0) {
      payloads(folder).forEach((payload, key) => maps.set(key, new SourceMap(payload)));
    }
    return maps.get(name);
  };
  const mapped = (text: string): string =>
    text.replace(
      /webpack-internal:\/\/\/(\S+?):(\d+):(\d+)/g,
      (_, name: string, line: string, column: string) => {
        const entry: Partial<SourceMapping> =
          mapOf(name)?.findEntry(Number(line) - 1, Number(column) - 1) ?? {};
        const at =
          entry.originalLine !== undefined && entry.originalColumn !== undefined
            ? `${entry.originalLine + 1}:${entry.originalColumn + 1}`
            : '?';
        return `${name}:${at}`;
      },
    );
  return <T>(told: T): T => {
    const text = JSON.stringify(told);
    const copy = (_key: string, value: unknown): unknown =>
      typeof value === 'string' ? mapped(value) : value;
    return (text.includes(MODULE) ? JSON.parse(text, copy) : told) as T;
  };
}

/** The source map of each module, by its name: each stands behind the code of its module, before that name. */
function payloads(folder: string): Map<string, SourceMapPayload> {
  const found = new Map<string, SourceMapPayload>();
  for (const file of ['boot.js', 'specs.js']) {
    const code = readFileSync(`${folder}${file}`, 'utf8');
    for (const [, map, name] of code.matchAll(
      /sourceMappingURL=data:application\/json;charset=utf-8;base64,([\w+/=]+)\\n\/\/# sourceURL=webpack-internal:\/\/\/(.*?)\\n/g,
    )) {
      found.set(name!, JSON.parse(Buffer.from(map!, 'base64').toString()) as SourceMapPayload);
    }
  }
  return found;
}
