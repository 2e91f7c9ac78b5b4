import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';

import { run, type Ended } from '../support/child-process.ts';
import {
  AsyncScope,
  BlockingError,
  CancelledError,
  cells,
  failureOf,
  moduleNamed,
  release,
  sleep,
  synchronous,
  ThreadError,
  threads,
  thrownBy,
  until,
  type Threads,
  type Work,
} from './kit.ts';

describe('Closing threads', () => {
  const graceMs = 60_000; // No thread is ended because others use the machine.
  let work: Threads<Work>;
  let gate: Int32Array;

  beforeEach(() => {
    work = threads<Work>(moduleNamed('work'), { maxThreads: 1, graceMs });
    gate = cells(3);
  });

  afterEach(() => work[Symbol.asyncDispose]());

  it('waits for the calls that run and for those that queue', async () => {
    const log: string[] = [];
    const calls = [
      work.hold(gate, 1).then(() => log.push('held')),
      work.hold(gate, 2).then(() => log.push('queued')),
    ];
    await until(() => gate[0] === 1);

    const closed = work[Symbol.asyncDispose]().then(() => log.push('closed'));
    release(gate, 1);
    release(gate, 2);
    await closed;

    expect(log).toEqual(['held', 'queued', 'closed']);
    await Promise.all(calls);
  });

  it('cancels them, if asked to, and waits for their cleanup', async () => {
    const cancelling = threads<Work>(moduleNamed('work'), { maxThreads: 1, exitMode: 'cancel', graceMs });
    const scope = new AsyncScope({ errorMode: 'continue' });
    const running = scope.start(cancelling.beginning(gate, 5));
    const queued = scope.start(cancelling.hold(gate, 1));
    const failures = [failureOf(running), failureOf(queued)];
    await until(() => gate[0] === 1);

    await cancelling[Symbol.asyncDispose]();

    expect(await Promise.all(failures)).toEqual([jasmine.any(CancelledError), jasmine.any(CancelledError)]);
    expect((await failures[0])?.message).toBe('Execution was cancelled: its threads have been closed.');
    expect([...gate]).toEqual([1, 1, 0]);
    await scope.close();
  });

  it('refuses a call that begins afterwards', async () => {
    await work.add(1, 2);
    await work[Symbol.asyncDispose]();

    for (const failure of [await failureOf(work.add(1, 2)), thrownBy(() => work.add(1, 2).block())]) {
      expect(failure).toBeInstanceOf(ThreadError);
      expect(failure.message).toBe(
        'Cannot call "add": its threads have been closed. Make new ones by threads().',
      );
    }
  });

  it('is over at once where nothing has been called', async () => {
    await work[Symbol.asyncDispose]();
    work[Symbol.dispose]();

    expect(await failureOf(work.add(1, 2))).toBeInstanceOf(ThreadError);
  });

  it('may be asked for twice', async () => {
    await work.add(1, 2);

    const closings = [work[Symbol.asyncDispose](), work[Symbol.asyncDispose]()];

    await expectAsync(Promise.all(closings)).toBeResolved();
  });

  describe('by "using"', () => {
    it('ends threads that are idle, anywhere', async () => {
      await work.add(1, 2);
      work.add(1, 2).block();

      work[Symbol.dispose]();

      expect(await failureOf(work.add(1, 2))).toBeInstanceOf(ThreadError);
    });

    it('blocks until what runs has ended, where the event loop can be turned', async () => {
      const log: string[] = [];
      const call = work.pause(20).then(() => log.push('ended'));

      await synchronous(() => {
        work[Symbol.dispose]();
        log.push('closed');
      });
      await call;

      expect(log.sort()).toEqual(['closed', 'ended']);
    });

    it('cancels what runs where it cannot, and says what to do', async () => {
      const failed = failureOf(work.beginning(gate, 1));
      await until(() => gate[0] === 1);

      const failure = thrownBy(() => {
        work[Symbol.dispose]();
      });

      expect(failure).toBeInstanceOf(BlockingError);
      expect(failure.message).toMatch(
        /^Cannot wait here for the calls that still run in these threads.*"await using"/,
      );
      expect(await failed).toBeInstanceOf(CancelledError);
      await until(() => gate[1] === 1);
    });
  });

  it('leaves no thread: of the pool, of block(), or that watches', async () => {
    const alive = new Set<number>();
    const note = (worker: Worker): void => {
      const { threadId } = worker;
      alive.add(threadId);
      worker.once('exit', () => alive.delete(threadId));
    };
    await sleep(1); // What another spec has started is told of a tick later.
    process.on('worker', note);

    await work.add(1, 2);
    work.pause(300).block();
    await sleep(0);
    const before = alive.size;
    await work[Symbol.asyncDispose]();
    process.off('worker', note);

    expect([before, alive.size]).toEqual([3, 0]);
  });

  it('leaves no memory: threads that come and go do not add up', async () => {
    const busy = threads<Work>(moduleNamed('work'), { maxThreads: 1, idleTimeout: 0 });
    const before = process.getActiveResourcesInfo().length;

    for (let round = 0; round < 3; round++) {
      await busy.add(1, round);
      await sleep(5);
    }
    await busy[Symbol.asyncDispose]();

    const left = (): number => process.getActiveResourcesInfo().length - before;
    await until(() => left() <= 1); // The handles of a port are closed a turn later.
    expect(left()).toBeLessThanOrEqual(1);
  });
});

describe('A process with threads', () => {
  async function program(name: string, code: string, env: Record<string, string> = {}): Promise<Ended> {
    const path = fileURLToPath(moduleNamed(name)).replace(/\.js$/, '.mjs');
    const kit = `
      import { AsyncScope, sleep } from 'async-tamer';
      import { threads } from 'async-tamer/threads';
      const open = (name, options) => threads(new URL(name, import.meta.url), options);
      const work = open('./work.js', { graceMs: 60_000 });
      process.on('exit', () => console.log('exit'));`;
    writeFileSync(path, kit + code);
    return await run([path], { env });
  }

  it('ends by itself when no call runs, though idle threads are left', async () => {
    const { stdout, stderr, code } = await program(
      'idle',
      `console.log(await work.add(1, 2), work.add(3, 4).block(), work.pause(300).block());`,
    );

    expect([stdout, stderr, code]).toEqual(['3 7 undefined\nexit\n', '', 0]);
  });

  it('ends by itself though threads are to be kept', async () => {
    const { stdout, code } = await program(
      'kept',
      `console.log(await open('./work.js', { minThreads: 2, idleTimeout: Infinity }).add(1, 2));`,
    );

    expect([stdout, code]).toEqual(['3\nexit\n', 0]);
  });

  it('does not end while a call runs, or waits for its thread to start', async () => {
    const { stdout, code } = await program(
      'running',
      `work.pause(100).subscribe({ complete: () => console.log('complete') });`,
    );

    expect([stdout, code]).toEqual(['complete\nexit\n', 0]);
  });

  it('does not end while a cancelled call cleans up, or its thread is being ended', async () => {
    const { stdout, code } = await program(
      'cleaning-up',
      `const cells = new Int32Array(new SharedArrayBuffer(8));
       const faults = open('./faults.js', { graceMs: 20 });
       const scope = new AsyncScope();
       scope.start(work.beginning(cells, 50));
       let spins = false;
       scope.start(faults.spin()).subscribe(() => { spins = true; });
       while (cells[0] === 0 || !spins) await sleep(1);
       scope.cancel();
       scope.close().then(() => console.log('closed', cells[1]));`,
    );

    expect([stdout, code]).toEqual(['closed 1\nexit\n', 0]);
  });

  it('ends when it has closed them, having waited for that', async () => {
    const { stdout, code } = await program(
      'closed',
      `await work.add(1, 2);
       work.pause(300).block();
       await work[Symbol.asyncDispose]();
       console.log('closed');`,
    );

    expect([stdout, code]).toEqual(['closed\nexit\n', 0]);
  });

  it('has nothing left when it has closed them: no handle, and no file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'async-tamer-closed-'));
    const { stdout, code } = await program(
      'left',
      // The threads have gone before the turn of the event loop is over in which they are ended.
      `import { Worker } from 'node:worker_threads';
       const { terminate } = Worker.prototype;
       Worker.prototype.terminate = function () {
         const ended = terminate.call(this);
         Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
         return ended;
       };
       await work.add(1, 2);
       work.pause(300).block();
       await work[Symbol.asyncDispose]();
       console.log(process.getActiveResourcesInfo().filter((name) => !/^(?:Pipe|TTY)Wrap$/.test(name)));`,
      { TMPDIR: folder, TEMP: folder, TMP: folder },
    );
    const files = readdirSync(folder);
    rmSync(folder, { recursive: true });

    expect([stdout, code, files]).toEqual(['[]\nexit\n', 0, []]);
  });

  it('prints what its threads print', async () => {
    const { stdout, code } = await program('printing', `await work.print('from the thread');`);

    expect([stdout, code]).toEqual(['from the thread\nexit\n', 0]);
  });

  it('dies of an uncaught error in the background of a thread, as of its own', async () => {
    const { stderr, code } = await program(
      'background',
      `const cells = new Int32Array(new SharedArrayBuffer(8));
       await open('./background.js').crashLater(cells);
       Atomics.store(cells, 1, 1);
       await sleep(1e6);`,
    );

    expect(stderr).toMatch(/ThreadError: A thread has crashed while no call ran there/);
    expect(code).not.toBe(0);
  });
});
