import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { run, typescript } from '../support/child-process.ts';
import { all, parse } from './xml.ts';

const samples = new URL('../../samples/trace/', import.meta.url);
const pictures = ['requests.svg', 'checkout.svg', 'crawl.svg'];

function read(name: string): string {
  return readFileSync(new URL(name, samples), 'utf8');
}

describe('The samples of traces', () => {
  it('publish to whoever watches the program', async () => {
    const [, expected = ''] = read('diagnostics.ts').split('// Output\n// ------\n//\n');

    const { stdout, stderr, code } = await run(typescript(fileURLToPath(new URL('diagnostics.ts', samples))));

    expect(stderr).toBe('');
    expect(stdout).toBe(expected.replaceAll(/^\/\/ /gm, ''));
    expect(code).toBe(0);
  });

  describe('that draw', () => {
    let folder: string;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'trace-'));
      const { stderr } = await run([...typescript(fileURLToPath(new URL('main.ts', samples))), folder]);
      expect(stderr).toBe('');
    });

    afterAll(() => {
      rmSync(folder, { recursive: true });
    });

    for (const picture of pictures) {
      it(`draw ${picture} as it is beside them`, () => {
        const drawn = readFileSync(join(folder, picture), 'utf8');

        expect(drawn).toBe(read(picture));
        expect(all(parse(drawn)).length).toBeGreaterThan(40);
      });
    }
  });

  it('are shown to readers', () => {
    const shownIn = (path: string): (string | undefined)[] => {
      const text = readFileSync(new URL(`../../${path}`, samples), 'utf8');
      return [...text.matchAll(/!\[[^\]]+\]\((?:\.\.\/)*samples\/trace\/([\w-]+\.svg)\)/g)].map(
        ([, name]) => name,
      );
    };

    expect(shownIn('README.md')).toEqual(pictures.slice(0, 1));
    expect(shownIn('docs/guides/tracing.md')).toEqual(pictures.slice(1));
  });

  it('draw in requests.svg the very run that the README shows', () => {
    const trimmed = (text: string): string[] => text.split('\n').map((line) => line.trim());
    const [, , readme = ''] = readFileSync(new URL('../../README.md', samples), 'utf8').split('```ts\n');
    const run = readme.slice(readme.indexOf('function* load'), readme.indexOf('\n});'));
    const sample = trimmed(read('requests.ts'));

    expect(run).toContain('scope.start');
    expect(trimmed(run).filter((line) => !line.includes('AsyncScope.run') && !sample.includes(line))).toEqual(
      [],
    );
  });
});
