import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';

import { firstValueFrom } from 'rxjs';

import {
  cells,
  config,
  failureOf,
  library,
  moduleNamed,
  ThreadError,
  threads,
  thrownBy,
  until,
  type Background,
  type Faults,
  type Threads,
  type Work,
} from './kit.ts';
import { run } from '../support/child-process.ts';

describe('A thread that crashes', () => {
  let faults: Threads<Faults>;

  beforeAll(() => {
    faults = threads<Faults>(moduleNamed('faults'), {
      maxThreads: 2,
      resourceLimits: { maxOldGenerationSizeMb: 16 },
    });
  });

  afterAll(() => faults[Symbol.asyncDispose]());

  const crashes: [how: 'exit' | 'crash' | 'reject' | 'exhaust', message: RegExp, cause: unknown][] = [
    ['exit', /^The thread in which "exit" ran has ended: process\.exit\(3\)\.$/, undefined],
    [
      'crash',
      /^The thread in which "crash" ran has crashed: RangeError: uncaught$/,
      new RangeError('uncaught'),
    ],
    [
      'reject',
      /^The thread in which "reject" ran has crashed: RangeError: unhandled$/,
      new RangeError('unhandled'),
    ],
    [
      'exhaust',
      /^The thread in which "exhaust" ran has run out of memory\. Raise "resourceLimits"/,
      jasmine.any(Error),
    ],
  ];

  for (const [how, message, cause] of crashes) {
    it(`is an error of the call that ran there: "${how}"`, async () => {
      const failure = await failureOf(faults[how](3));

      expect(failure).toBeInstanceOf(ThreadError);
      expect(failure.message).toMatch(message);
      expect(failure.cause).toEqual(cause);
    });

    it(`is an error of the block() that waits for it: "${how}"`, () => {
      const failure = thrownBy(() => faults[how](3).block());

      expect(failure).toBeInstanceOf(ThreadError);
      expect(failure.message).toMatch(message);
      expect(failure.cause).toEqual(cause);
    });
  }

  it('is an error of the call that ran there: somebody has ended it from here', async () => {
    const workers: Worker[] = [];
    const note = (worker: Worker): unknown => workers.push(worker);
    process.on('worker', note);
    const work = threads<Work>(moduleNamed('work'), { maxThreads: 1 });
    const id = await work.thread();
    process.off('worker', note);
    const begun = cells(2);
    const failed = failureOf(work.beginning(begun, 0));
    await until(() => begun[0] === 1);

    await workers.find(({ threadId }) => threadId === id)?.terminate();

    expect(await failed).toBeInstanceOf(ThreadError);
    expect((await failed).message).toMatch(/^The thread in which "beginning" ran has ended/);
    expect(await work.add(1, 2)).toBe(3);
    await work[Symbol.asyncDispose]();
  });

  it('is no error of any other call, and the others go on', async () => {
    const other = faults.forever();
    const emitted: string[] = [];
    let failure: unknown;
    const subscription = other.subscribe({
      next: (word) => emitted.push(word),
      error: (error: unknown) => (failure = error),
    });
    await until(() => emitted.length === 1);

    const crashed = await Promise.all(['exit', 'crash'].map((how) => failureOf(faults[how as 'exit'](1))));

    expect(crashed.every((error) => error instanceof ThreadError)).toBeTrue();
    expect(failure).toBeUndefined();
    expect(await failureOf(faults.aggregate())).toBeInstanceOf(AggregateError);
    subscription.unsubscribe();
  });

  it('has sent before what it had emitted', async () => {
    const module = `
      import { concat, of, defer } from 'rxjs';
      export const f = () => concat(of(1, 2), defer(() => process.exit(0)));`;
    const path = moduleNamed('crash-after');
    writeFileSync(path, module);
    const work = threads<{ f(): AsyncIterable<number> }>(path);
    const values: number[] = [];

    const failure = await failureOf(work.f().forEach((value) => values.push(value)));

    expect(values).toEqual([1, 2]);
    expect(failure.message).toMatch(/process\.exit\(0\)/);
    await work[Symbol.asyncDispose]();
  });

  describe('when no call runs there any more', () => {
    const { onUnhandledError } = config;
    let unhandled: unknown[];
    let background: Threads<Background>;

    beforeEach(() => {
      unhandled = [];
      config.onUnhandledError = (error) => unhandled.push(error);
      background = threads<Background>(moduleNamed('background'), { maxThreads: 1 });
    });

    afterEach(async () => {
      config.onUnhandledError = onUnhandledError;
      await background[Symbol.asyncDispose]();
    });

    it('is reported by RxJS, and the next call has another thread', async () => {
      const crashes = cells(2);
      expect(await background.crashLater(crashes)).toBe('ended');
      Atomics.store(crashes, 1, 1);

      await until(() => unhandled.length > 0);

      expect(unhandled).toEqual([jasmine.any(ThreadError)]);
      expect((unhandled[0] as Error).message).toMatch(
        /while no call ran there.*RangeError: in the background/,
      );
      expect(await background.add(1, 2)).toBe(3);
    });

    it('is reported likewise if that was the thread of block(), and no error of the next', async () => {
      const crashed = cells(2);
      background.crashLater(crashed).block();
      Atomics.store(crashed, 1, 1);
      await until(() => crashed[0] === 1);

      expect(background.add(1, 2).block()).toBe(3);

      await until(() => unhandled.length > 0);
      expect((unhandled[0] as Error).message).toMatch(/RangeError: in the background/);
      expect(unhandled.length).toBe(1);
    });

    it('lives on between two calls, as what was left running there does', async () => {
      const beats = cells();

      await background.beat(beats);

      await until(() => beats[0]! > 3);
      expect(await background.add(1, 2)).toBe(3);
    });
  });

  describe('while it is being started', () => {
    const script = (code: string): string => `data:text/javascript,${code}`;
    const preload = `${fileURLToPath(moduleNamed('faults'))}.preload.cjs`;
    const ends: [how: string, execArgv: readonly string[], message: RegExp, cause: unknown][] = [
      [
        'a preload exits',
        ['--import', script('process.exit(5)')],
        /it ended at once: process\.exit\(5\)\.$/,
        undefined,
      ],
      [
        'a preload exits well',
        ['--import', script('process.exit(0)')],
        /it ended at once: process\.exit\(0\)\.$/,
        undefined,
      ],
      [
        'a preload throws',
        ['--import', script('throw new RangeError("oh")')],
        /RangeError: oh$/,
        jasmine.any(RangeError),
      ],
      ['a preload throws a text', ['--import', script('throw "oh"')], /It threw "oh"$/, 'oh'],
      [
        'a preload is no code',
        ['--import', script('1 +')],
        /SyntaxError: Unexpected end/,
        jasmine.any(SyntaxError),
      ],
      [
        'there is no such module',
        ['--import', './missing.mjs'],
        /Cannot find module.*missing\.mjs/,
        jasmine.objectContaining({ code: 'ERR_MODULE_NOT_FOUND' }),
      ],
      [
        'there is no such module to require',
        ['-r', './missing.cjs'],
        /Cannot find module '\.\/missing\.cjs'/,
        jasmine.objectContaining({ code: 'MODULE_NOT_FOUND' }),
      ],
      [
        'a module that is required exits',
        ['-r', preload],
        /it ended at once: process\.exit\(3\)\.$/,
        undefined,
      ],
      ['the flag is not known', ['--no-such-flag'], /flags: --no-such-flag$/, jasmine.any(Error)],
    ];

    beforeAll(() => {
      writeFileSync(preload, 'process.exit(3);');
    });

    for (const [how, execArgv, message, cause] of ends) {
      it(`says why to each call that waits for it, and to a block(): ${how}`, async () => {
        const broken = threads<Faults>(moduleNamed('faults'), { execArgv, maxThreads: 2 });

        const blocked = thrownBy(() => broken.aggregate().block());
        const failures = await Promise.all([failureOf(broken.aggregate()), failureOf(broken.aggregate())]);

        for (const failure of [blocked, ...failures]) {
          expect(failure).toBeInstanceOf(ThreadError);
          expect(failure.message).toMatch(/^No thread could be started for "aggregate": /);
          expect(failure.message).toMatch(message);
          expect(failure.cause).toEqual(cause);
        }
        await broken[Symbol.asyncDispose]();
      });
    }

    it('is not said of an option for programs without a file, which threads have', async () => {
      const work = threads<Faults>(moduleNamed('faults'), { execArgv: ['--input-type=module'] });

      expect(thrownBy(() => work.aggregate().block()).message).toBe('both');
      await work[Symbol.asyncDispose]();
    });

    it('says so, where that is an option of the whole program', async () => {
      const { stdout, stderr } = await run(
        [
          '--input-type=module',
          '-e',
          `import { threads } from "${new URL('threads/index.js', library).href}";
           const work = threads("${moduleNamed('work').href}");
           try { work.add(1, 2).block(); } catch (error) { console.log(error.message); }
           await work[Symbol.asyncDispose]();`,
        ],
        { env: { NODE_OPTIONS: `-r ${JSON.stringify(inThreads(preload))}` } },
      );

      expect(stdout + stderr).toBe(
        'No thread could be started for "add": it ended at once: process.exit(3).\n',
      );
    });
  });

  describe('or cannot load the module', () => {
    const untyped = (url: URL | string): Threads<Faults> => threads<Faults>(url, { maxThreads: 1 });

    for (const [description, url, message, cause] of [
      [
        'since there is none',
        moduleNamed('missing'),
        /^Cannot load .*missing\.js in a thread\. Error: Cannot find/,
        jasmine.any(Error),
      ],
      [
        'since it is no JavaScript',
        'data:text/javascript,1 +',
        /^Cannot load data:.* SyntaxError: Unexpected end of input/,
        jasmine.any(SyntaxError),
      ],
      [
        'since it throws',
        'data:text/javascript,throw new RangeError("no")',
        /RangeError: no$/,
        new RangeError('no'),
      ],
    ] as const) {
      it(`is an error of every call: ${description}`, async () => {
        const broken = untyped(url);

        const failures = [await failureOf(broken.aggregate()), await failureOf(broken.aggregate())];
        const blocked = thrownBy(() => broken.aggregate().block());
        await broken[Symbol.asyncDispose]();

        for (const failure of [...failures, blocked]) {
          expect(failure).toBeInstanceOf(ThreadError);
          expect(failure.message).toMatch(message);
          expect(failure.cause).toEqual(cause);
        }
      });
    }

    it('since that ends the thread', async () => {
      const broken = untyped('data:text/javascript,process.exit(4)');

      const failure = await failureOf(broken.aggregate());
      const blocked = thrownBy(() => broken.aggregate().block());
      await broken[Symbol.asyncDispose]();

      expect([failure, blocked].every((each) => each instanceof ThreadError)).toBeTrue();
    });
  });

  it('tells the call that was cancelled and cleans up there, as an error of cleanup', async () => {
    const module = moduleNamed('crash-in-cleanup');
    writeFileSync(
      module,
      `export async function* f() { try { yield 'begun'; await new Promise(() => {}); } finally { process.exit(7); } }
       export async function* g() { yield 'begun'; }`,
    );
    const work = threads<{ f(): AsyncIterable<string> }>(module);
    const { onUnhandledError } = config;
    const unhandled: unknown[] = [];
    config.onUnhandledError = (error) => unhandled.push(error);

    expect(await firstValueFrom(work.f())).toBe('begun');
    await work[Symbol.asyncDispose]();

    config.onUnhandledError = onUnhandledError;
    expect(unhandled.length).toBeLessThan(2);
  });
});

/** A file that runs the other one in threads alone. */
function inThreads(path: string): string {
  const file = `${path}.threads.cjs`;
  writeFileSync(file, `require('node:worker_threads').isMainThread || require(${JSON.stringify(path)});`);
  return file;
}
