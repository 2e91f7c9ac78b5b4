import { filter, firstValueFrom, lastValueFrom, take, toArray } from 'rxjs';

import { patience } from '../support/patience.ts';
import {
  AsyncScope,
  aFleet,
  busy,
  callers,
  CancelledError,
  describeWithServer,
  failureOf,
  fleetEvents,
  fleetState,
  FleetError,
  LEASE,
  newDiary,
  until,
} from './kit.ts';

describeWithServer('A call to a fleet', () => {
  const here = aFleet();

  it('emits what the function returns: a value, that of a promise, that of a coroutine', async () => {
    expect(await here.work.add(1, 2)).toBe(3);
    expect(await here.work.echo('a')).toBe('a');
    expect(await here.work.double(4)).toBe(8);
    expect(await here.work.echo(undefined)).toBeUndefined();
  });

  it('emits what an Observable or an async generator emits, in order and one by one', async () => {
    expect(await firstValueFrom(here.work.numbers(3).pipe(toArray()))).toEqual([0, 1, 2]);
    expect(await firstValueFrom(here.work.countTo(5, 10).pipe(toArray()))).toEqual([1, 2, 3, 4, 5]);
    expect(await firstValueFrom(here.work.numbers(5000).pipe(toArray()))).toEqual([...Array(5000).keys()]);
  });

  it('is over when its consumer has enough', async () => {
    expect(await lastValueFrom(here.work.numbers(1e12).pipe(take(3)))).toBe(2);
    await until(async () => (await fleetState(here.work)).running === 0);
  });

  it('fails as the function does: name, message, cause and own properties are the same', async () => {
    const failure = (await failureOf(here.work.fail('oh'))) as RangeError & { code: number };

    expect(failure).toBeInstanceOf(RangeError);
    expect([failure.message, failure.code, failure.cause]).toEqual(['oh', 7, new TypeError('why')]);
    expect(failure.stack).toMatch(/work\.[jt]s/);
  });

  it('fails with a TypeError that lists what there is, if there is no such function', async () => {
    const failure = await failureOf((here.work as unknown as { nothing(): PromiseLike<void> }).nothing());

    expect(failure).toBeInstanceOf(TypeError);
    expect(failure.message).toMatch(
      /work\.js exports no function "nothing"\. Its functions: add, begin, .*spin/,
    );
  });

  it('blocks, wherever that may be', async () => {
    const inMicrotask = await Promise.resolve().then(() => here.work.add(3, 4).block());

    expect([here.work.add(1, 2).block(), inMicrotask, here.work.countTo(3).block()]).toEqual([3, 7, 3]);
    expect(() => here.work.fail('blocked').block()).toThrowError(RangeError, 'blocked');
  });

  it('blocks for longer than the lease, while other calls of its fleet go on', async () => {
    const work = callers(here.redis, { leaseMs: LEASE });
    expect(work.add(1, 2).block()).toBe(3); // On a busy machine it may take long to start the thread.
    const diary = newDiary();
    const other = work.held(diary.path).then(
      (value) => value,
      (error: unknown) => error,
    );
    await diary.has(/begun/);

    expect(work.pause(LEASE + 1000, newDiary().path).block()).toBe('paused');

    diary.add('go');
    expect(await other).toBe('held');
    await work[Symbol.asyncDispose]();
  });

  it('may have a lease that is much shorter than the lock of its worker', async () => {
    const leaseMs = patience(1500); // Shorter than a tenth of that lock, where the machine is not too busy.
    const work = callers(here.redis, { leaseMs });
    const diary = newDiary();

    expect(await work.pause(3 * leaseMs, diary.path)).toBe('paused');

    expect(diary.lines()).toEqual(['begun', 'ended']);
    await work[Symbol.asyncDispose]();
  });

  it('goes out also if this thread is busy for longer than sendTimeout when it was made, as does the question for the state', async () => {
    const sendTimeout = patience(500);
    const work = callers(here.redis, { sendTimeout });
    const isConnected = (): Promise<boolean> =>
      fleetState(work).then(
        () => true,
        () => false,
      );
    await until(isConnected);

    await using scope = new AsyncScope();
    const sum = scope.start(work.add(1, 2));
    const state = fleetState(work);
    busy(2 * sendTimeout);

    expect(await sum).toBe(3);
    expect((await state).workers).toBe(1);
    await work[Symbol.asyncDispose]();
  });

  it('is a child of its scope, as any call', async () => {
    await using scope = new AsyncScope();
    const results = [1, 2, 3].map((n) => scope.start(here.work.double(n)));

    expect(await Promise.all(results)).toEqual([2, 4, 6]);
  });

  it('tells what happens to it', async () => {
    const types: string[] = [];
    const subscription = fleetEvents(here.work)
      .pipe(filter(({ call }) => call === 'add')) // A stream that was cancelled before may still be ending.
      .subscribe(({ type, call }) => types.push(`${type} ${call}`));

    await here.work.add(1, 2);

    subscription.unsubscribe();
    expect(types).toEqual(['sent add', 'began add', 'ended add']);
  });

  it('is refused once the fleet has been closed', async () => {
    const closed = callers(here.redis);
    expect(await closed.add(1, 2)).toBe(3);
    await closed[Symbol.asyncDispose]();

    const failure = (await failureOf(closed.add(1, 2))) as InstanceType<typeof FleetError>;

    expect(failure).toBeInstanceOf(FleetError);
    expect(failure.code).toBe('closed');
    expect(() => closed.add(1, 2).block()).toThrowError(FleetError);
    await closed[Symbol.asyncDispose]();
  });

  it('needs no fleet to be closed by "await", if none runs', async () => {
    using work = callers(here.redis);

    expect(await work.add(1, 2)).toBe(3);
  });

  it('is waited for by a fleet that closes, or cancelled, as exitMode says', async () => {
    const [waited, cancelled] = [newDiary(), newDiary()];
    const patient = callers(here.redis);
    const strict = callers(here.redis, { exitMode: 'cancel' });
    const results = [
      patient.held(waited.path).then((value) => value),
      failureOf(strict.life(cancelled.path, 20)),
    ];
    await Promise.all([waited.has(/begun/), cancelled.has(/begun/)]);

    await strict[Symbol.asyncDispose]();
    const closing = patient[Symbol.asyncDispose]();
    waited.add('go');
    await closing;

    expect(await results[0]).toBe('held');
    expect(await results[1]).toBeInstanceOf(CancelledError);
    expect(cancelled.lines().at(-1)).toBe('cleaned up');
  });
});
