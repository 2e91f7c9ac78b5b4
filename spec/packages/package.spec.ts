import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

import { run } from '../support/child-process.ts';
import { unknownEntries } from './entries.ts';
import { install, manifest, root, scratch, tarball } from './tarball.ts';

describe('The package', () => {
  let files: readonly string[];
  let folder: string;

  beforeAll(() => {
    ({ files } = tarball());
    const consumer = scratch('content');
    install(consumer);
    folder = join(consumer, 'node_modules', manifest.name);
  });

  it('holds the sources, what is made of each, what Node imports, the bundles and four documents, and nothing else', () => {
    const sources = readdirSync(join(root, 'src'), { encoding: 'utf8', recursive: true })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => name.replaceAll('\\', '/').replace(/\.ts$/, ''));
    const inNodeAlone = sources.filter((name) => /^(?:register|remote|threads|fleet)\//.test(name));
    const entries = [...JSON.stringify(manifest.exports).matchAll(/dist\/node\/([\w./]+)\.js/g)].map(
      ([, name]) => name!,
    );
    const inNode = new Set(['core', ...entries, ...inNodeAlone]);
    const bundles = ['async-tamer.min', 'async-tamer.umd.min'];

    expect([...files].sort()).toEqual(
      [
        ...['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'],
        ...sources.flatMap((name) => [`src/${name}.ts`, `dist/${name}.d.ts`, `dist/${name}.d.ts.map`]),
        ...sources.filter((name) => !inNodeAlone.includes(name)).flatMap((name) => script(`dist/${name}`)),
        ...[...inNode].flatMap((name) => script(`dist/node/${name}`)),
        ...bundles.flatMap((name) => script(`dist/bundle/${name}`)),
      ].sort(),
    );
  });

  it('has the source of every line to which a source map points', () => {
    const maps = files.filter((name) => name.endsWith('.map'));

    const missing = maps.flatMap((map) => {
      const { sources, sourcesContent = [] } = JSON.parse(read(map)) as SourceMap;
      return sources
        .filter(
          (source, index) =>
            !sourcesContent[index] && !files.includes(posix.join(posix.dirname(map), source)),
        )
        .map((source) => `${map}: ${source}`);
    });

    expect(maps.length).toBeGreaterThan(100);
    expect(missing).toEqual([]);
  });

  it('does not tell where it was built', () => {
    const telling = files.filter((name) => read(name).includes(root.slice(0, -1)));

    expect(telling).toEqual([]);
  });

  it('has a program that uses each of its entry points', () => {
    const unknown = unknownEntries();

    expect(unknown)
      .withContext('in "exports" of package.json, but not among the hosts of spec/packages/entries.ts')
      .toEqual([]);
  });

  it('has nothing to be mended, so says publint', async () => {
    const pkg = JSON.parse(read('package.json')) as Record<string, unknown>;
    const content = readFileSync(tarball().path);
    const pack = { tarball: content.buffer.slice(content.byteOffset, content.byteOffset + content.length) };

    const { messages } = await publint({ level: 'suggestion', strict: true, pack });

    // A "browser" field works where nothing is bundled, too; one of "imports" would have to be in everybody's import map.
    const others = messages.filter(({ code }) => code !== 'USE_EXPORTS_OR_IMPORTS_BROWSER');
    expect(others.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  it('has types that fit its code for every way to import it, so says "are the types wrong"', async () => {
    const program = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');

    const { code, stdout, stderr } = await run(
      [program, tarball().path, ...profile, '--format', 'ascii', '--no-emoji', '--no-color'],
      { cwd: folder },
    );

    expect(code)
      .withContext(stdout + stderr)
      .toBe(0);
  });

  function script(name: string): string[] {
    return [`${name}.js`, `${name}.js.map`];
  }

  function read(name: string): string {
    return readFileSync(join(folder, name), 'utf8');
  }
});

// "node16" leaves out the resolution of TypeScript before 4.7, which reads no "exports". The package has ES modules alone, and
// every Node that it supports lets CommonJS require them.
const profile = ['--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm'];

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly (string | null)[];
}
