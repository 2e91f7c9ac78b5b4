import type { Worker } from 'node:worker_threads';

import { lastValueFrom, toArray } from 'rxjs';

import {
  cells,
  failureOf,
  moduleNamed,
  release,
  sleep,
  threads,
  until,
  type Counter,
  type Threads,
  type Work,
} from './kit.ts';

describe('threads()', () => {
  let work: Threads<Work>;

  beforeAll(() => {
    work = threads<Work>(moduleNamed('work'), { maxThreads: 2, graceMs: 60_000 });
  });

  afterAll(() => work[Symbol.asyncDispose]());

  describe('runs what a module exports', () => {
    it('a function: its value', async () => {
      expect(await work.add(1, 2)).toBe(3);
    });

    it('an async function: its value', async () => {
      expect(await work.echo({ list: [1, new Date(0)] })).toEqual({ list: [1, new Date(0)] });
    });

    it('a tamed function: what its call emits', async () => {
      expect(await work.double(4)).toBe(8);
    });

    it('a generator: what it returns', async () => {
      expect(await work.increment(4)).toBe(5);
    });

    it('an async generator: what it yields, one by one', async () => {
      expect(await lastValueFrom(work.countTo(3).pipe(toArray()))).toEqual([1, 2, 3]);
    });

    it('an Observable: what it emits, one by one', async () => {
      expect(await lastValueFrom(work.ticks(2).pipe(toArray()))).toEqual(['tick 0', 'tick 1']);
    });

    it('an Observable that emits a lot at once: all of it, in order', async () => {
      const all = await lastValueFrom(work.numbers(5000).pipe(toArray()));

      expect(all).toEqual(Array.from({ length: 5000 }, (_, i) => i));
    });

    it('a function that returns nothing: undefined', async () => {
      await expectAsync(Promise.resolve(work.pause(0))).toBeResolvedTo(undefined);
    });

    it('each without a "this"', async () => {
      expect([await work.kindOfThis(), work.kindOfThis().block()]).toEqual(['undefined', 'undefined']);
    });
  });

  it('waits for a thread whose first message comes late', async () => {
    const late = `
      import { parentPort } from 'node:worker_threads';
      const { postMessage } = parentPort;
      parentPort.postMessage = (message, moved) => {
        const post = () => postMessage.call(parentPort, message, moved);
        message.asyncTamer === 'hello' ? setTimeout(post, 50) : post();
      };`;
    const execArgv = [`--import=data:text/javascript,${encodeURIComponent(late)}`];
    await using slow = threads<Work>(moduleNamed('work'), { maxThreads: 1, execArgv });

    const first = await lastValueFrom(slow.numbers(3).pipe(toArray()));
    const second = await slow.add(1, 2);

    expect([first, second]).toEqual([[0, 1, 2], 3]);
  });

  it('streams values while the function still runs', async () => {
    const seen = cells();
    const log: string[] = [];

    for await (const word of work.life(seen)) {
      log.push(word);
      break;
    }

    expect(log).toEqual(['begun']);
    await until(() => seen[0] === 1);
  });

  it('gives cold calls: without a subscriber nothing runs, and each subscription runs one', async () => {
    const counter = threads<Counter>(moduleNamed('counter'), { maxThreads: 1 });
    const call = counter.next();
    counter.next();

    const counts = [await call, await call, await lastValueFrom(call)];

    expect(counts).toEqual([1, 2, 3]);
    await counter[Symbol.asyncDispose]();
  });

  it('gives the same function for the same name, called as what it stands for', () => {
    const { add } = work;

    expect(work.add).toBe(add);
    expect(add.name).toBe('add');
    expect(add(1, 2).name).toBe('add');
  });

  it('is no promise, whatever the module exports', async () => {
    expect(await Promise.resolve(work)).toBe(work);
  });

  describe('when all threads are busy', () => {
    let gate: Int32Array;
    let held: Promise<number>[];

    beforeEach(async () => {
      gate = cells(3);
      held = [1, 2].map((own) => work.hold(gate, own).then((id) => id));
      await until(() => gate[0] === 2);
    });

    it('lets a call wait for its turn, in the order of the calls', async () => {
      const order: number[] = [];

      const queued = [1, 2, 3, 4, 5, 6].map((n) => work.add(n, 0).then((value) => order.push(value)));
      release(gate, 1);
      await Promise.all(queued);
      release(gate, 2);

      expect(order).toEqual([1, 2, 3, 4, 5, 6]);
      expect(new Set(await Promise.all(held)).size).toBe(2);
    });

    it('takes the arguments as they were when the call began', async () => {
      const list = [1];

      const queued = work.echo(list).then((value) => value);
      list.push(2);
      release(gate, 1);
      release(gate, 2);

      expect(await queued).toEqual([1]);
      await Promise.all(held);
    });
  });

  it('starts no thread before the first call, ends those that are idle, and keeps as many as it is told to', async () => {
    const started: number[] = [];
    const ended: number[] = [];
    const note = (worker: Worker): void => {
      const { threadId } = worker;
      started.push(threadId);
      worker.once('exit', () => ended.push(threadId));
    };
    await sleep(1); // What another spec has started is told of a tick later.
    process.on('worker', note);
    const idling = threads<Work>(moduleNamed('work'), { maxThreads: 2, idleTimeout: 1 });
    const keeping = threads<Work>(moduleNamed('work'), { minThreads: 1, maxThreads: 2, idleTimeout: 1 });
    await sleep(20);
    const before = started.length;

    const [kept, idle] = [await keeping.thread(), await idling.thread()]; // So the kept one is idle for longer.
    await until(() => ended.includes(idle));
    const again = await keeping.thread();
    process.off('worker', note);
    await Promise.all([idling[Symbol.asyncDispose](), keeping[Symbol.asyncDispose]()]);

    expect(before).toBe(0);
    expect(again).toBe(kept);
  });

  describe('fails a call', () => {
    const untyped = (): Record<string, () => PromiseLike<unknown>> => work as never;

    it('of what is not exported', async () => {
      const failure = await failureOf(untyped()['nothingLikeThat']!());

      expect(failure).toBeInstanceOf(TypeError);
      expect(failure.message).toMatch(
        /work\.js exports no function "nothingLikeThat"\. Its functions: add, beginning, /,
      );
      expect(failure.message).not.toContain('NoFunction');
    });

    it('of what is no function', async () => {
      const failure = await failureOf(untyped()['constant']!());

      expect(failure.message).toMatch(/work\.js exports "constant", which is no function \(number\)\./);
    });

    it('of a class', async () => {
      const failure = await failureOf(untyped()['NoFunction']!());

      expect(failure.message).toMatch(/work\.js exports "NoFunction", which is a class\./);
    });

    it('of what every object has', async () => {
      const failure = await failureOf(untyped()['toString']!());

      expect(failure.message).toMatch(/exports no function "toString"/);
    });
  });

  describe('refuses at once', () => {
    const wrong: [description: string, args: readonly unknown[], message: RegExp][] = [
      [
        'a path',
        ['./work.js'],
        /takes the URL of a module, but got "\.\/work\.js" \(string\)\. Write: threads\(new URL/,
      ],
      ['nothing', [], /takes the URL of a module, but got undefined\./],
      [
        'an address in the web',
        [new URL('https://example.org/a.js')],
        /but got "https:\/\/example\.org\/a\.js"/,
      ],
      ['a broken URL', ['file://%'], /takes the URL of a module/],
      ['no options', ['file:///a.js', null], /takes an object of options, but got null/],
      [
        'an option that there is not',
        ['file:///a.js', { maxThread: 3 }],
        /threads\(\) has no option "maxThread"\. Its options are minThreads, maxThreads, .*, execArgv\./,
      ],
      [
        'no thread',
        ['file:///a.js', { maxThreads: 0 }],
        /"maxThreads" is a whole number from 1 on, but got 0 \(number\)/,
      ],
      ['half a thread', ['file:///a.js', { maxThreads: 1.5 }], /"maxThreads" is a whole number/],
      [
        'less than no thread',
        ['file:///a.js', { minThreads: -1 }],
        /"minThreads" is a whole number from 0 on/,
      ],
      [
        'more threads than there may be',
        ['file:///a.js', { minThreads: 3, maxThreads: 2 }],
        /at most "maxThreads", which is 2/,
      ],
      ['a time before now', ['file:///a.js', { graceMs: -1 }], /"graceMs" is a time in ms/],
      [
        'a time that is none',
        ['file:///a.js', { idleTimeout: '1' }],
        /"idleTimeout" is a time in ms.*"1" \(string\)/,
      ],
      [
        'an unknown exit mode',
        ['file:///a.js', { exitMode: 'raise' }],
        /"exitMode" is one of "wait", "cancel"/,
      ],
      [
        'a limit that is none',
        ['file:///a.js', { resourceLimits: { stackSizeMb: 0 } }],
        /"stackSizeMb" is a size in MB/,
      ],
      ['an unknown limit', ['file:///a.js', { resourceLimits: { memory: 1 } }], /"resourceLimits" is one of/],
      ['limits that are none', ['file:///a.js', { resourceLimits: 3 }], /"resourceLimits" is an object/],
      [
        'flags that are none',
        ['file:///a.js', { execArgv: '--import x' }],
        /"execArgv" is an array of strings/,
      ],
    ];
    const call = threads as (...args: readonly unknown[]) => unknown;

    for (const [description, args, message] of wrong) {
      it(description, () => {
        expect(() => call(...args)).toThrowMatching(
          (error: Error) =>
            error instanceof TypeError &&
            message.test(error.message) &&
            /threads\.spec/.test(error.stack!.split('\n')[1]!),
        );
      });
    }
  });
});
