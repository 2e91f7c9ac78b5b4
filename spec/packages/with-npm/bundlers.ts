import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { bundle, prepare, problemsIn, scriptsIn, type BundlerName } from '../bundlers.ts';
import { entriesFor, outcomesOf } from '../entries.ts';
import { closeBrowser, visit } from '../page.ts';
import { measure, parts, report, slug, type Part, type Row } from '../sizes.ts';

const names: readonly BundlerName[] = ['webpack', 'vite', 'esbuild', 'angular'];

describe('A program for browsers', () => {
  const measured = new Map<string, Promise<Row>>();

  afterAll(async () => {
    await closeBrowser();
    const order = [...names].flatMap((name) => parts.map((part) => `${name} ${part.name}`));
    const rows = await Promise.all(order.map((key) => measured.get(key)));
    report(rows.filter((row) => row !== undefined));
  });

  for (const name of names) {
    describe(`bundled by ${name}`, () => {
      const host = name === 'angular' ? 'angular' : 'browser';
      let folder: string;

      beforeAll(async () => {
        folder = prepare(name);
        const entry = name === 'vite' ? 'index.html' : 'main.mjs';
        await bundle(name, folder, { entry, output: 'dist' });
      }, 300_000);

      it('runs', async () => {
        const own = name === 'webpack' || name === 'esbuild';
        const { outcomes, complaints, text } = await visit(own ? folder : join(folder, 'dist'));

        expect(complaints).toEqual([]);
        expect(outcomes).toEqual(await outcomesOf(entriesFor(host)));
        expect(text).toBe(name === 'angular' ? 'hello' : '');
      });

      it('has nothing of Node in it, and the file for browsers in the place of that for Node', () => {
        const dist = join(folder, 'dist');

        expect(problemsIn(dist)).toEqual([]);
        expect(scriptsIn(dist).some(([, code]) => code.includes('Cannot block in a browser'))).toBeTrue();
      });

      if (name === 'angular') {
        return; // Its builder bundles an application as a whole.
      }

      const sizes = (part: Part): Promise<Row> => {
        const key = `${name} ${part.name}`;
        const row = measured.get(key) ?? measure(name, folder, part);
        measured.set(key, row);
        return row;
      };

      for (const part of parts) {
        it(`runs with a part of the library: ${part.name}`, async () => {
          await sizes(part);

          const { outcomes, complaints } = await visit(folder, pageOf(folder, slug(part.name)));

          expect(complaints).toEqual([]);
          expect(outcomes).toEqual(part.outcome);
        }, 120_000);
      }

      it('is the smaller the less it imports', async () => {
        const alone: number[] = [];
        for (const name of ['tamed', 'AsyncScope', 'all of async-tamer']) {
          const row = await sizes(parts.find((part) => part.name === name)!);
          alone.push(row.alone.brotli);
          expect(row.alone.brotli).toBeLessThan(row.whole.brotli);
        }

        expect(alone).toEqual(alone.toSorted((a, b) => a - b));
      }, 120_000);
    });
  }
});

/** Writes a page with what has been made of a part, and returns its name. */
function pageOf(folder: string, part: string): string {
  const [[script]] = scriptsIn(join(folder, part, 'whole')) as [[string, string]];
  const src = `${part}/whole/${script.replaceAll('\\', '/')}`;
  writeFileSync(join(folder, `${part}.html`), `<!doctype html><script type="module" src="${src}"></script>`);
  return `${part}.html`;
}
