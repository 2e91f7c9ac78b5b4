import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { run, type Ended } from '../support/child-process.ts';
import {
  AsyncScope,
  cells,
  failureOf,
  moduleNamed,
  sleep,
  synchronous,
  tamed,
  ThreadError,
  threads,
  thrownBy,
  type Faults,
  type Threads,
  type Work,
} from './kit.ts';

describe('block() on a call in a thread', () => {
  let work: Threads<Work>;

  beforeAll(() => {
    work = threads<Work>(moduleNamed('work'));
  });

  afterAll(() => work[Symbol.asyncDispose]());

  describe('returns', () => {
    it('what a function returns', () => {
      expect(work.add(1, 2).block()).toBe(3);
    });

    it('what a promise is fulfilled with', () => {
      expect(work.echo({ deep: [new Date(0)] }).block()).toEqual({ deep: [new Date(0)] });
    });

    it('what a coroutine returns', () => {
      expect(work.double(3).block()).toBe(6);
    });

    it('the last value that is emitted', () => {
      expect([work.numbers(5000).block(), work.countTo(3).block()]).toEqual([4999, 3]);
    });

    it('after a time in which it is watched', () => {
      expect(work.thread(400).block()).toBeGreaterThan(0);
    });
  });

  describe('with a timeout', () => {
    it('returns what comes in time', () => {
      expect(work.thread(10).block({ timeout: 60_000 })).toBeGreaterThan(0);
    });

    it('cancels the call in its thread, and returns when that has cleaned up', () => {
      const done = cells(2);

      const error = thrownBy(() => work.beginning(done, 5).block({ timeout: 200 }));

      expect(error.name).toBe('TimeoutError');
      expect([...done]).toEqual([done[0], done[0]] as number[]); // It may not have begun, if the thread was not there in time.
      expect(work.add(1, 2).block()).toBe(3);
    });

    it('cancels a generator that waits for it', () => {
      let cleanedUp = false;
      const job = tamed(function* () {
        try {
          yield* work.pause(60_000);
        } finally {
          cleanedUp = true;
        }
      });

      expect(thrownBy(() => job().block({ timeout: 50 })).name).toBe('TimeoutError');
      expect(cleanedUp).toBeTrue();
    });

    it('takes the thread of what hears nothing, after `graceMs`', async () => {
      await using impatient = threads<Work>(moduleNamed('work'), { graceMs: 10 });
      const held = cells(2);

      const error = thrownBy(() => impatient.hold(held, 1).block({ timeout: 300 }));

      expect(error.name).toBe('TimeoutError');
      expect(impatient.add(1, 2).block({ timeout: 60_000 })).toBe(3);
    });
  });

  describe('works', () => {
    it('in a microtask', async () => {
      await null;

      expect(work.add(1, 2).block()).toBe(3);
    });

    it('inside another block() that turns the event loop', async () => {
      const outer = tamed(async () => {
        await sleep(1);
        return work.add(1, 2).block();
      });

      expect(await synchronous(() => outer().block())).toBe(3);
    });

    it('in a setImmediate() callback', async () => {
      const sum = await new Promise((resolve) => setImmediate(() => resolve(work.add(1, 2).block())));

      expect(sum).toBe(3);
    });

    it('in a coroutine, which then needs no event loop at all', async () => {
      const sum = tamed(function* () {
        return (yield* work.add(1, 2)) + (yield* work.double(3));
      });
      await null;

      expect(sum().block()).toBe(9);
    });

    it('for several at once, one by one', async () => {
      await null;

      expect(tamed.all([work.add(1, 2), work.add(3, 4)]).block()).toEqual([3, 7]);
    });

    it('in a thread, on a thread of its own', async () => {
      const url = moduleNamed('blocks-in-thread');
      const code = `
        import { threads } from 'async-tamer/threads';
        export async function sum() {
          using work = threads(new URL('./work.js', import.meta.url));
          await null;
          return work.add(1, 2).block();
        }`.replace('using work', 'const work');
      writeFileSync(url, code);
      const outer = threads<{ sum(): number }>(url);

      expect([outer.sum().block(), await outer.sum()]).toEqual([3, 3]);
      await outer[Symbol.asyncDispose]();
    });
  });

  it('keeps its thread, and so what a module remembers', () => {
    const ids = [1, 2, 3].map(() => work.thread().block());

    expect(new Set(ids).size).toBe(1);
  });

  it('leaves the loop alone: nothing else goes on meanwhile', () => {
    let ran = false;
    const timer = setTimeout(() => (ran = true));

    work.pause(20).block();

    expect(ran).toBeFalse();
    clearTimeout(timer);
  });

  it('lets calls in the pool go on meanwhile, which are heard of afterwards', async () => {
    const seen = cells(2);
    const held = work.hold(seen, 1).then((id) => id);
    while (seen[0] === 0) {
      await sleep(1);
    }

    const sum = work.add(1, 2).block();
    Atomics.store(seen, 1, 1);
    Atomics.notify(seen, 1);

    expect(sum).toBe(3);
    expect(await held).toBeGreaterThan(0);
  });

  it('fails late with what has ended the thread late', () => {
    const faults = threads<Faults>(moduleNamed('faults'), { resourceLimits: { maxOldGenerationSizeMb: 16 } });

    const failure = thrownBy(() => faults.exhaustLater(400).block());
    const next = thrownBy(() => faults.aggregate().block());
    faults[Symbol.dispose]();

    expect(failure).toBeInstanceOf(ThreadError);
    expect(failure.message).toMatch(/has run out of memory/);
    expect(next).toBeInstanceOf(AggregateError);
  });

  it('waits no longer for a thread that was idle for too long: there is another one', async () => {
    const short = threads<Work>(moduleNamed('work'), { idleTimeout: 1 });
    const before = short.thread().block();
    await sleep(20);

    expect(short.thread().block()).not.toBe(before);
    await short[Symbol.asyncDispose]();
  });

  it('belongs to its scope: what is cancelled does not begin', async () => {
    const scope = new AsyncScope();
    const seen = cells(2);
    const call = tamed(() => {
      scope.cancel();
      return work.hold(seen, 1).block();
    });

    await failureOf(scope.start(call()));
    await scope.close();

    expect(seen[0]).toBe(0);
  });

  describe('in a program', () => {
    async function program(name: string, code: string): Promise<Ended> {
      const path = fileURLToPath(moduleNamed(name)).replace(/\.js$/, '');
      writeFileSync(path, code);
      return await run([path]);
    }

    it('works at the top level of an ES module, and lets the process end by itself', async () => {
      const { stdout, stderr, code } = await program(
        'top-level.mjs',
        `import { threads } from 'async-tamer/threads';
         const work = threads(new URL('./work.js', import.meta.url));
         console.log(work.add(1, 2).block(), work.pause(300).block());`,
      );

      expect([stdout, stderr, code]).toEqual(['3 undefined\n', '', 0]);
    });

    it('works in CommonJS, and prints what is printed in the thread where it is', async () => {
      const { stdout, stderr, code } = await program(
        'top-level.cjs',
        `const { threads } = require('async-tamer/threads');
         const { pathToFileURL } = require('node:url');
         const work = threads(new URL('./work.js', pathToFileURL(__filename)));
         console.log('before');
         console.log(work.print('in the thread').block());
         process.exit(0);`,
      );

      expect([stdout, stderr, code]).toEqual(['before\nin the thread\nin the thread\n', '', 0]);
    });

    it('does not hang, whatever the thread does', async () => {
      const { stdout, stderr, code } = await program(
        'faulty.mjs',
        `import { threads } from 'async-tamer/threads';
         const faults = threads(new URL('./faults.js', import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: 16 } });
         for (const name of ['exit', 'crash', 'reject', 'exhaust', 'closure', 'missing']) {
           try { faults[name](1).block(); } catch ({ name }) { console.log(name); }
         }`,
      );

      const [crash, refusal] = ['ThreadError', 'TypeError'];
      expect(stdout.split('\n')).toEqual([crash, crash, crash, crash, refusal, refusal, '']);
      expect([stderr, code]).toEqual(['', 0]);
    });
  });
});
