import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as rxjs from 'rxjs';

import { checker } from '../support/checker.mjs';
import { run, type Ended } from '../support/child-process.ts';
import { entriesFor, mainOf, outcomesOf, writeEntries } from './entries.ts';
import { outcome } from './entries/index.ts';
import { closeBrowser, visit } from './page.ts';
import { install, scratch } from './tarball.ts';
import { check } from './types.ts';

// Programs of others: each in a folder of its own, with the package as npm would install it.
describe('A program that uses the package', () => {
  afterAll(closeBrowser);

  describe('in Node', () => {
    const entries = entriesFor('node');
    const blocks = 'console.log(tamed(async () => { await sleep(1); return 1; })().block());';
    let folder: string;

    beforeAll(() => {
      folder = scratch('node');
      install(folder, ['rxjs', '@se-oss/deasync', 'piscina', 'synckit']);
      writeEntries(folder, entries, ['mjs', 'cjs']);
      write('main.mjs', `${mainOf(entries, 'mjs')}console.log(JSON.stringify(await outcomes));`);
      write('main.cjs', `${mainOf(entries, 'cjs')}outcomes.then((all) => console.log(JSON.stringify(all)));`);
      write('blocks.mjs', `import { sleep, tamed } from 'async-tamer';\n${blocks}`);
      write('blocks.cjs', `const { sleep, tamed } = require('async-tamer');\n${blocks}`);
    });

    function write(name: string, code: string): void {
      writeFileSync(join(folder, name), code);
    }

    function node(...args: string[]): Promise<Ended> {
      return run(args, { cwd: folder });
    }

    it('imports each entry point', async () => {
      const { stdout, stderr } = await node('main.mjs');

      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual(await outcomesOf(entries));
    });

    it('requires each entry point, in CommonJS', async () => {
      const { stdout, stderr } = await node('main.cjs');

      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual(await outcomesOf(entries));
    });

    it('gets one library, however it is imported', async () => {
      write(
        'same.mjs',
        `import { createRequire } from 'node:module';
         import * as imported from 'async-tamer';
         const required = createRequire(import.meta.url)('async-tamer');
         console.log(Object.keys(imported).every((name) => imported[name] === required[name]));`,
      );

      const { stdout } = await node('same.mjs');

      expect(stdout).toBe('true\n');
    });

    it('blocks, in CommonJS, and in an ES module after the preload', async () => {
      const ended = await Promise.all([
        node('blocks.cjs'),
        node('-r', 'async-tamer/register', 'blocks.mjs'),
        node('--import', 'async-tamer/register', 'blocks.mjs'),
      ]);

      expect(ended.map(({ stdout, stderr }) => stdout + stderr)).toEqual(['1\n', '1\n', '1\n']);
    });
  });

  describe('in a page', () => {
    let folder: string;

    beforeAll(() => {
      folder = scratch('pages');
      cpSync(fileURLToPath(new URL('consumers/pages', import.meta.url)), folder, { recursive: true });
      install(folder, ['rxjs']);
      writeEntries(folder, entriesFor('browser'), ['mjs']);
      // Other than its script, what RxJS publishes is not made for browsers.
      // Node adds "default" and, from 23 on, "module.exports" to the names of a CommonJS module.
      const names = Object.keys(rxjs).filter((name) => /^\w+$/.test(name) && name !== 'default');
      writeFileSync(join(folder, 'rxjs.mjs'), `export const { ${names.join(', ')} } = globalThis.rxjs;`);
    });

    for (const [page, means] of [
      ['umd.html', 'the globals of two scripts'],
      ['map.html', 'an import map to files of the package, RxJS too'],
      ['bundle.html', 'an import map, and the bundled ES module'],
      ['modules.html', 'an import map, and the ES modules as they are'],
    ] as const) {
      it(`gets it by ${means}`, async () => {
        const { outcomes, complaints } = await visit(folder, page);

        expect(complaints).toEqual([]);
        expect(outcomes).toBe(outcome);
      });
    }
  });

  // By other compilers, and bundled, in spec/packages/with-npm.
  describe('in TypeScript', () => {
    it('sees right declarations in a project for bundlers, without the types of Node', async () => {
      const complaints = await check(
        { host: 'angular', module: 'ESNext', exactOptionalPropertyTypes: true },
        checker,
      );

      expect(complaints).toBe('');
    });

    it('sees right declarations in a project for Node, without those of the DOM', async () => {
      const complaints = await check(
        { host: 'node', module: 'NodeNext', exactOptionalPropertyTypes: false },
        checker,
      );

      expect(complaints).toBe('');
    });
  });
});
