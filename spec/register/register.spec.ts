import { mkdtempSync, rmSync, symlinkSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { run, type Ended } from '../support/child-process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

// In a folder that has the built package installed, as a user's has.
describe('The preload async-tamer/register', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'async-tamer-'));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(root, join(folder, 'node_modules/async-tamer'), 'junction');
    for (const name of ['rxjs', 'ts-node', 'typescript']) {
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
    }
    write('package.json', '{ "type": "module" }');
    write('tsconfig.json', '{ "ts-node": { "transpileOnly": true } }');
    write(
      'slow.mjs',
      `import { sleep, tamed } from 'async-tamer';
       export const slow = tamed(async (value) => { await sleep(1); return value; });`,
    );
    write(
      'main.mjs',
      `import { slow } from './slow.mjs'; console.log(slow('blocked').block(), process.argv.slice(2));`,
    );
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function write(name: string, source: string): void {
    writeFileSync(join(folder, name), source);
  }

  function node(...args: string[]): Promise<Ended> {
    return run(args, { cwd: folder });
  }

  it('lets an ES module block at its top level, which is refused without it', async () => {
    const [bare, preloaded] = await Promise.all([
      node('main.mjs'),
      node('-r', 'async-tamer/register', 'main.mjs', 'a', 'b'),
    ]);

    expect(bare.code).toBe(1);
    expect(bare.stderr).toContain('BlockingError: Cannot block inside a microtask');
    expect(preloaded).toEqual(
      jasmine.objectContaining({ code: 0, stdout: "blocked [ 'a', 'b' ]\n", stderr: '' }),
    );
  });

  it('does so with --import, too', async () => {
    const { code, stdout } = await node('--import', 'async-tamer/register', 'main.mjs');

    expect([code, stdout]).toEqual([0, 'blocked []\n']);
  });

  it('evaluates the entry once', async () => {
    write(
      'once.mjs',
      `globalThis.count = (globalThis.count ?? 0) + 1; setTimeout(() => console.log(count), 20);`,
    );

    const ended = await Promise.all([
      node('-r', 'async-tamer/register', 'once.mjs'),
      node('--import', 'async-tamer/register', 'once.mjs'),
    ]);

    expect(ended.map(({ stdout }) => stdout)).toEqual(['1\n', '1\n']);
  });

  it('runs an entry in TypeScript, with enums where ts-node compiles it', async () => {
    const { features } = process as { features: { typescript?: unknown } };
    const stripped = Boolean(features.typescript);
    write(
      'words.ts',
      stripped
        ? `export const word: string = 'blocked';`
        : `export enum E { blocked } export const word: string = E[0]!;`,
    );
    write(
      'main.ts',
      `import { word } from './words.ts'; import { slow } from './slow.mjs'; console.log(slow(word).block() as string);`,
    );

    const { stdout, stderr } = await node('-r', 'async-tamer/register', 'main.ts');

    expect([stdout, stderr]).toEqual(['blocked\n', '']);
  });

  it('leaves CommonJS entries, and programs without an entry, to Node', async () => {
    write('main.cjs', `console.log(require.main === module)`);

    const ended = await Promise.all([
      node('-r', 'async-tamer/register', 'main.cjs'),
      node('-r', 'async-tamer/register', '-e', 'console.log(1)'),
      node('-r', 'async-tamer/register', '--check', 'main.mjs'),
    ]);

    expect(ended.map(({ stdout }) => stdout)).toEqual(['true\n', '1\n', '']);
  });

  it('lets a worker be what it is', async () => {
    write(
      'worker.mjs',
      `import { Worker, isMainThread } from 'node:worker_threads';
       console.log(isMainThread);
       if (isMainThread) new Worker(new URL(import.meta.url));`,
    );

    const { stdout } = await node('-r', 'async-tamer/register', 'worker.mjs');

    expect(stdout).toBe('true\nfalse\n');
  });

  it('says why it cannot evaluate a graph with a top-level await', async () => {
    write('waits.mjs', `await 1;`);
    write('imports-it.mjs', `import './waits.mjs'; console.log('evaluated');`);

    const { code, stdout, stderr } = await node('-r', 'async-tamer/register', 'imports-it.mjs');

    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /async-tamer\/register cannot evaluate .*imports-it\.mjs synchronously: .*top-level "await"/,
    );
    expect(stderr).toContain('synchronous(fn)');
  });

  it('ends the process with what the entry throws', async () => {
    write('throws.mjs', `throw new Error('Oh no!');`);

    const { code, stderr } = await node('-r', 'async-tamer/register', 'throws.mjs');

    expect(code).toBe(1);
    expect(stderr).toMatch(/throws\.mjs:1\n.*throw new Error/);
  });

  it('leaves it to Node to say that there is no such entry', async () => {
    const { code, stderr } = await node('-r', 'async-tamer/register', 'nowhere.mjs');

    expect(code).toBe(1);
    expect(stderr).toContain('Cannot find module');
    expect(stderr).not.toContain('preload');
  });
});
