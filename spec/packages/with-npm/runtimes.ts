import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

import { run, type Ended } from '../../support/child-process.ts';
import { installByNpm, scratch } from '../tarball.ts';

const { platform, arch } = process;
const exe = platform === 'win32' ? '.exe' : '';
const denoFor = `${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`;
const bunFor = `${platform === 'win32' ? 'windows' : platform}-${arch === 'arm64' ? 'aarch64' : arch}`;

const refusal =
  'BlockingError: Cannot block here: the call does not settle synchronously, and only Node lets its event loop be turned. ' +
  'Use "await", or a coroutine whose leaves all have a "sync".';

/** Each with its program, where npm puts it, how that runs a file, and what it cannot do. */
const runtimes = [
  { name: 'Node', program: undefined, args: [], test: undefined, blocked: 'by the event loop' },
  {
    name: 'Deno',
    program: `@deno/${denoFor}/deno${exe}`,
    args: ['run', '-A'],
    test: { args: ['test', '-A', '--no-check', 'deno.test.mjs'], passed: 'ok | 8 passed | 0 failed' },
    blocked: refusal,
  },
  {
    name: 'Bun',
    program: `@oven/bun-${bunFor}/bin/bun${exe}`,
    args: [],
    test: { args: ['test', 'bun.test.mjs'], passed: ' 8 pass\n 0 fail\n' },
    blocked: refusal,
  },
] as const;

// The same programs, with the same output, in each of them.
describe('A program', () => {
  let folder: string;

  beforeAll(() => {
    folder = scratch('runtimes');
    cpSync(fileURLToPath(new URL('../consumers/runtimes', import.meta.url)), folder, { recursive: true });
    const suite = readFileSync(new URL('../suite.ts', import.meta.url), 'utf8');
    const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
    writeFileSync(join(folder, 'suite.mjs'), ts.transpile(suite, options));
    installByNpm(folder);
  }, 300_000);

  for (const { name, program, args, test, blocked } of runtimes) {
    describe(`in ${name}`, () => {
      function start(parameters: readonly string[]): Promise<Ended> {
        return run(parameters, {
          cwd: folder,
          // Deno keeps there what it has compiled.
          env: { NO_COLOR: '1', DENO_DIR: join(folder, 'deno') },
          ...(program !== undefined && { program: join(folder, 'node_modules', program) }),
        });
      }

      it('has a scope that waits for the cleanup of calls of every kind', async () => {
        const { code, stdout, stderr } = await start([...args, 'scope.mjs']);

        expect(stdout.split('\n')).toEqual([
          'too far',
          'the generator has cleaned up',
          'the async function has cleaned up',
          'the async generator has cleaned up',
          'cancelled,cancelled,cancelled,cancelled',
          '',
        ]);
        expect([code, stderr]).toEqual([0, '']);
      });

      it('knows after an await whose code runs, and in which context', async () => {
        const { code, stdout, stderr } = await start([...args, 'context.mjs']);

        expect(stdout).toBe('Ada,Grace\nheard the cancel\n');
        expect([code, stderr]).toEqual([0, '']);
      });

      it('ends with the error of a scope that it has left open', async () => {
        const { code, stdout, stderr } = await start([...args, 'lost.mjs']);

        expect(stdout).toBe('the end of the program\n');
        expect(stderr).toContain('nobody waits for this');
        expect(code).toBe(1);
      });

      it('blocks on coroutines anywhere, and otherwise as its event loop allows', async () => {
        const { code, stdout, stderr } = await start([...args, 'block.cjs']);

        expect(stdout.split('\n')).toEqual(['by a sync', blocked, blocked, '']);
        expect([code, stderr]).toEqual([0, '']);
      });

      it('runs calls in threads, blocks on them, and hears of their crashes', async () => {
        const { code, stdout } = await start([...args, 'threads.mjs']);

        expect(stdout.split('\n')).toEqual([
          '3 8 0',
          'RangeError: too far',
          'ThreadError: The thread in which "exit" ran has ended: process.exit(3).',
          'ThreadError: The thread in which "crash" ran has crashed: Error: crashed',
          '3',
          'cleaned up in a thread',
          '7',
          'TimeoutError',
          'ThreadError: The thread in which "crash" ran has crashed: Error: crashed',
          'slow over',
          'ThreadError, of something left running',
          'closed',
          '',
        ]);
        expect(code).toBe(0);
      });

      it('ends by itself, though idle threads are left', async () => {
        const { code, stdout } = await start([...args, 'idle.mjs']);

        expect([code, stdout]).toEqual([0, '3 7\n']);
      });

      if (test !== undefined) {
        it('is tested by the test runner of that', async () => {
          const { code, stdout, stderr } = await start(test.args);

          expect(stdout + stderr).toContain(test.passed);
          expect(code).toBe(0);
        });
      }
    });
  }
});
