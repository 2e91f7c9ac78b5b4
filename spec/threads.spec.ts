import { lastValueFrom, retry, toArray } from 'rxjs';

import { failureOf, moduleNamed, threads, type Work } from './threads/kit.ts';

describe('threads()', () => {
  let work: ReturnType<typeof threads<Work>>;

  beforeAll(() => {
    work = threads<Work>(moduleNamed('work'), { maxThreads: 2 });
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
  });

  it('gives cold calls: each subscription runs one', async () => {
    const call = work.thread();

    const ids = [await call, await lastValueFrom(call.pipe(retry(1)))];

    expect(ids.every((id) => id > 0)).toBeTrue();
  });

  it('fails a call of what is not exported', async () => {
    const faulty = work as unknown as { nothingLikeThat(): PromiseLike<unknown> };

    const failure = await failureOf(faulty.nothingLikeThat());

    expect(failure).toBeInstanceOf(TypeError);
    expect(failure.message).toMatch(
      /work\.js exports no function "nothingLikeThat"\. Its functions: add, .*, untilAborted\.$/,
    );
  });

  it('blocks in a microtask', async () => {
    await null;

    expect(work.add(20, 3).block()).toBe(23);
  });
});
