import { finalize, NEVER, of } from 'rxjs';

import {
  allSettled,
  AsyncScope,
  CancelledError,
  cleanup,
  concurrently,
  sleep,
  tamed,
  within,
  type PlatformObservable,
  type TamedCall,
} from '../../src/index.ts';

interface PlatformSubscriber<T> {
  next(value: T): void;
  error(error: unknown): void;
  complete(): void;
  addTeardown(teardown: () => void): void;
}

/** The platform's own, of which TypeScript knows nothing. */
const Platform = (
  globalThis as unknown as {
    Observable: {
      new <T>(subscribe: (subscriber: PlatformSubscriber<T>) => void): PlatformObservable<T>;
      from<T>(source: AsyncIterable<T>): PlatformObservable<T> & { toArray(): Promise<T[]> };
    };
  }
).Observable;

/** Emits these, and ends. */
function emitting<T>(...values: T[]): PlatformObservable<T> {
  return new Platform((subscriber) => {
    values.forEach((value) => subscriber.next(value));
    subscriber.complete();
  });
}

/** Emits nothing until it is unsubscribed, and notes that. */
function endless(notes: string[], ...values: string[]): PlatformObservable<string> {
  return new Platform((subscriber) => {
    subscriber.addTeardown(() => notes.push('torn down'));
    values.forEach((value) => subscriber.next(value));
  });
}

const failing = new Platform<number>((subscriber) => subscriber.error(new Error('failed')));

describe("The platform's own Observable", () => {
  it('is what a tamed function may return, and emits what it emits', async () => {
    const values: number[] = [];
    const call: TamedCall<number> = tamed(() => emitting(1, 2))();

    call.subscribe((value) => values.push(value));

    expect(values).toEqual([1, 2]);
    expect(await call).toBe(2);
    await expectAsync(tamed(() => failing)()).toBeRejectedWithError('failed');
  });

  it('is a child of a scope, which unsubscribes it when it is cancelled', async () => {
    const notes: string[] = [];
    const scope = new AsyncScope();
    const values: unknown[] = [];
    scope.values$.subscribe((value) => values.push(value));

    const result = scope.start(endless(notes, 'a', 'b'));
    expect(notes).toEqual([]);
    scope.cancel();

    expect(values).toEqual(['a', 'b']);
    expect(notes).toEqual(['torn down']);
    await expectAsync(result.then()).toBeRejectedWithError(CancelledError);
  });

  it('is unsubscribed while it is being subscribed, too', () => {
    const notes: string[] = [];
    const scope = new AsyncScope();
    scope.values$.subscribe(() => scope.cancel());

    scope.start(
      new Platform<number>((subscriber) => {
        subscriber.addTeardown(() => notes.push('torn down'));
        subscriber.next(1);
        notes.push('goes on');
      }),
    );

    expect(notes).toEqual(['torn down', 'goes on']);
  });

  it('is what events of the page come from', async () => {
    const target = new EventTarget() as EventTarget & { when(type: string): PlatformObservable<Event> };
    const seen: string[] = [];
    const scope = new AsyncScope();
    scope.values$.subscribe((event) => seen.push((event as Event).type));

    scope.start(target.when('ping'));
    target.dispatchEvent(new Event('ping'));
    scope.cancel();
    target.dispatchEvent(new Event('ping'));

    expect(seen).toEqual(['ping']);
    await scope.close();
  });

  it('is what a coroutine waits for, by tamed.from() and tamed.all()', async () => {
    const call = tamed(function* () {
      const one = yield* tamed.from(emitting(1, 2));
      const others = yield* tamed.all([emitting('a'), of('b'), sleep(1)]);
      return [one, ...others];
    });

    expect(await call()).toEqual([2, 'a', 'b', undefined]);
    expect(await allSettled([emitting(1), failing])).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: new Error('failed') },
    ]);
  });

  it('is the source of within(), and of concurrently()', async () => {
    const scope = new AsyncScope();
    const values: unknown[] = [];

    within<number>(scope)(emitting(1, 2) as never).subscribe((value) => values.push(value));
    await concurrently(emitting(3, 4), (n) => values.push(n), { concurrency: 1 });

    expect(values).toEqual([1, 2, 3, 4]);
    await scope.close();
  });

  it('is the work of a cleanup', async () => {
    const scope = new AsyncScope({ exitMode: 'cancel' });
    const notes: string[] = [];
    const work = new Platform<never>((subscriber) => {
      setTimeout(() => {
        notes.push('cleaned up');
        subscriber.complete();
      });
    });

    scope.start(NEVER.pipe(finalize(() => cleanup(work))));
    await scope.close();

    expect(notes).toEqual(['cleaned up']);
  });

  it('is made from a call, and from a result', async () => {
    const twice = tamed(async function* () {
      yield 1;
      await sleep(1);
      yield 2;
    });
    const scope = new AsyncScope();

    expect(await Platform.from(twice()).toArray()).toEqual([1, 2]);
    expect(await Platform.from(scope.start(sleep(1).then(() => 'a'))).toArray()).toEqual(['a']);
    await scope.close();
  });

  it('made from a call cancels that when it is aborted', async () => {
    const notes: string[] = [];
    const controller = new AbortController();
    const call = tamed(function* () {
      try {
        yield* sleep(60_000);
      } finally {
        notes.push('cleaned up');
      }
    });

    Platform.from(call()).subscribe({}, { signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve));
    controller.abort();
    await new Promise((resolve) => setTimeout(resolve));

    expect(notes).toEqual(['cleaned up']);
  });
});
