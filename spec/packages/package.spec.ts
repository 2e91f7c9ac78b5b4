import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { gzipSync } from 'node:zlib';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

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

  it('holds the sources, what is made of each, what Node imports, the bundles and the documents, and nothing else', () => {
    const sources = readdirSync(join(root, 'src'), { encoding: 'utf8', recursive: true })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => name.replaceAll('\\', '/').replace(/\.ts$/, ''));
    const inNodeAlone = sources.filter((name) => /^(?:eslint|register|remote|threads|fleet)\//.test(name));
    const exported = (pattern: RegExp): string[] => {
      const paths = JSON.stringify(manifest.exports).match(pattern) ?? [];
      return [...new Set(paths)];
    };
    const inCommonJs = sources.filter((name) => /^(?:register\/(?!import)|remote|threads|fleet)/.test(name));

    const inNode = new Set([
      ...exported(/dist\/node\/(?:register\/import\.js|[\w/]+\.cjs)/g),
      ...['register/import.js', 'register/preload.js', 'core.cjs'].map((name) => `dist/node/${name}`),
      ...inCommonJs.map((name) => `dist/node/${name}.cjs`),
    ]);
    const withMaps = [
      ...sources.flatMap((name) => `dist/${name}.d.cts`),
      ...sources.filter((name) => !inNodeAlone.includes(name)).map((name) => `dist/${name}.js`),
      ...inNode,
      ...['async-tamer.min', 'async-tamer.umd.min'].map((name) => `dist/bundle/${name}.js`),
    ];

    expect(files.filter((name) => !/^(?:docs\/guides|samples|bench\/results)\//.test(name)).sort()).toEqual(
      [
        ...['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'package.json'],
        ...sources.map((name) => `src/${name}.ts`),
        ...withMaps.flatMap((name) => [name, `${name}.map`]),
        ...['rxjs.min.js', 'rxjs.min.js.LICENSE.txt'].map((name) => `dist/bundle/${name}`),
        ...exported(/dist\/[\w/]+\.d\.ts/g),
        ...exported(/dist\/node\/(?!register)[\w/]+\.js/g),
      ].sort(),
    );
  });

  it('has the license of RxJS beside the module that is made of it, which says so', () => {
    const [license, module] = [read('dist/bundle/rxjs.min.js.LICENSE.txt'), read('dist/bundle/rxjs.min.js')];

    expect(license).toMatch(/RxJS[^]*Apache License[^]*Copyright \(c\) .*Google/);
    expect(module).toMatch(/^\/\*! .*license.* rxjs\.min\.js\.LICENSE\.txt \*\//);
  });

  it('is as large in a page as its documents say', () => {
    const bytes = gzipSync(read('dist/bundle/async-tamer.min.js')).length;

    const documents = {
      'README.md': /(\d+) kB \(gzip\) for the whole library/,
      'docs/guides/costs.md': /The whole library is (\d+) kB \(gzip\)/,
    };
    for (const [document, pattern] of Object.entries(documents)) {
      const [, said] = pattern.exec(read(document)) ?? [];
      // Less than a kilobyte beside it: a change of some bytes is no news for readers.
      expect([document, Math.abs(Number(said) - bytes / 1000) < 1]).toEqual([document, true]);
    }
  });

  it('has what its documents link to, each link relative to its document', () => {
    const documents = files.filter((name) => name.endsWith('.md'));

    const dead = documents.flatMap((name) =>
      linksIn(read(name))
        .filter((link) => !leadsToOneOf(files, posix.join(posix.dirname(name), link)))
        .map((link) => `${name}: ${link}`),
    );

    expect(documents).toContain('docs/guides/scopes.md');
    expect(dead).toEqual([]);
  });

  it('has the source of every line to which a source map points', () => {
    const maps = files.filter((name) => name.endsWith('.map'));

    const missing = maps.flatMap((map) => {
      const { sources } = JSON.parse(read(map)) as SourceMap;
      return sources
        .filter(
          (source) =>
            !source.startsWith('webpack:') && !files.includes(posix.join(posix.dirname(map), source)),
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

  function read(name: string): string {
    return readFileSync(join(folder, name), 'utf8');
  }
});

/** Where a text in Markdown links to, without what is elsewhere, or a place in a document. */
function linksIn(text: string): string[] {
  return [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^\w+:/.test(target));
}

/** A file, or a folder with files. */
function leadsToOneOf(files: readonly string[], path: string): boolean {
  const folder = path.replace(/\/?$/, '/');
  return files.some((file) => file === path || file.startsWith(folder));
}

interface SourceMap {
  readonly sources: readonly string[];
}
