import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';

import { firstValueFrom, lastValueFrom, take, timer, type Observable } from 'rxjs';

import {
  AsyncScope,
  CancelledError,
  cells,
  failureOf,
  moduleNamed,
  ScopeError,
  tamed,
  threads,
  transfer,
  until,
  type Faults,
  type Threads,
  type Work,
} from './kit.ts';

describe('Cancelling a call in a thread', () => {
  let work: Threads<Work>;
  let faults: Threads<Faults>;
  let patient: Threads<Faults>;

  beforeAll(() => {
    work = threads<Work>(moduleNamed('work'), { maxThreads: 1, graceMs: 60_000 });
    faults = threads<Faults>(moduleNamed('faults'), { maxThreads: 1, graceMs: 20 });
    patient = threads<Faults>(moduleNamed('faults'), { maxThreads: 1, graceMs: 60_000 });
  });

  afterAll(async () => {
    await work[Symbol.asyncDispose]();
    await faults[Symbol.asyncDispose]();
    await patient[Symbol.asyncDispose]();
  });

  /** Starts it, waits until it has begun, cancels, and closes. */
  async function cancelled(call: Observable<string>, reason?: unknown): Promise<string[]> {
    const scope = new AsyncScope({ name: 'cancelled' });
    const events: string[] = [];
    scope.events$.subscribe(({ type }) => events.push(type));
    await firstValueFrom(scope.start(call));
    scope.cancel(reason);
    await scope.close();
    return events;
  }

  describe('cleans up there, which the scope here waits for', () => {
    for (const [kind, times] of [
      ['life', 1],
      ['coroutine', 1],
      ['observable', 1],
      ['nested', 2],
    ] as const) {
      it(`in a call of "${kind}"`, async () => {
        const cleanedUp = cells();

        const events = await cancelled(work[kind](cleanedUp, 5));

        expect(cleanedUp[0]).toBe(times);
        expect(events).toEqual(['start', 'next', 'cancel', 'cleanup']);
      });
    }

    it('whoever ended it: an operator, too', async () => {
      const cleanedUp = cells();
      const scope = new AsyncScope();

      const first = scope.start(work.life(cleanedUp, 5).pipe(take(1)));
      await scope.close();

      expect(first.value).toBe('begun');
      expect(cleanedUp[0]).toBe(1);
    });

    it('at its own end: work that was left for cleanup is waited for, and its error raised', async () => {
      const scope = new AsyncScope();
      const result = scope.start(patient.failingAfterwards());

      const failure = (await failureOf(scope.close())) as AggregateError;

      expect(result.value).toBe('value');
      expect(failure.errors).toEqual([new RangeError('afterwards')]);
    });
  });

  it('raises what its cleanup throws there as an error of the scope', async () => {
    const failure = (await failureOf(cancelled(patient.failingCleanup()))) as AggregateError;

    expect(failure).toBeInstanceOf(ScopeError);
    expect(failure.errors).toEqual([new RangeError('cleanup failed')]);
  });

  it('aborts its abortSignal() there, for the same reason', async () => {
    const { port1, port2 } = new MessageChannel();

    await cancelled(work.untilAborted(transfer(port2)), { why: 'no longer needed' });

    expect(receiveMessageOnPort(port1)).toEqual({ message: { why: 'no longer needed' } });
    port1.close();
  });

  it('leaves its thread to the next', async () => {
    const id = await work.thread();

    await cancelled(work.life(cells()));

    expect(await work.thread()).toBe(id);
  });

  it('stops a loop that emits without end', async () => {
    const id = await work.thread();

    await lastValueFrom(work.numbers(1e12).pipe(take(3)));

    expect(await work.thread()).toBe(id);
  });

  describe('that does not end within graceMs', () => {
    it('ends its thread, since the processor is busy there, and says that it was let go', async () => {
      const events = await cancelled(faults.spin());

      expect(events).toEqual(['start', 'next', 'cancel', 'abandon', 'cleanup']);
    });

    it('ends its thread, since the function waits for what cannot be cancelled', async () => {
      const events = await cancelled(faults.forever());

      expect(events).toEqual(['start', 'next', 'cancel', 'abandon', 'cleanup']);
    });

    it('goes on with another thread', async () => {
      await cancelled(faults.spin());

      expect(await failureOf(faults.aggregate())).toBeInstanceOf(AggregateError);
    });
  });

  it('waits for a function that goes on all the same, so that no thread runs two', async () => {
    const slow = threads<Work>(moduleNamed('work'), { maxThreads: 1, graceMs: 60_000 });
    const seen = cells(2);
    const scope = new AsyncScope();
    scope.start(slow.hold(seen, 1));
    await until(() => seen[0] === 1);

    scope.cancel();
    const next = slow.add(1, 2).then((sum) => [sum, seen[1]]);
    await firstValueFrom(timer(10));
    Atomics.store(seen, 1, 1);
    Atomics.notify(seen, 1);
    await scope.close();

    expect(await next).toEqual([3, 1]);
    await slow[Symbol.asyncDispose]();
  });

  describe('before it has begun', () => {
    it('takes it out of the queue', async () => {
      const seen = cells(2);
      const scope = new AsyncScope();
      const held = work.hold(seen, 1).then((id) => id);
      await until(() => seen[0] === 1);

      scope.start(work.hold(seen, 1));
      scope.cancel();
      await scope.close();
      Atomics.store(seen, 1, 1);
      Atomics.notify(seen, 1);
      await held;

      expect(seen[0]).toBe(1);
    });

    it('takes it out of the queue while its thread is being started', async () => {
      const fresh = threads<Work>(moduleNamed('work'), { maxThreads: 1, graceMs: 60_000 });
      const seen = cells(2);
      const scope = new AsyncScope();

      const result = scope.start(fresh.hold(seen, 1));
      scope.cancel();
      await scope.close();

      expect(result.status).toBe('cancelled');
      expect(await fresh.add(1, 2)).toBe(3);
      expect(seen[0]).toBe(0);
      await fresh[Symbol.asyncDispose]();
    });

    it('reaches one whose thread was given to it while that is being started', async () => {
      const fresh = threads<Work>(moduleNamed('work'), { minThreads: 1, maxThreads: 1, graceMs: 60_000 });
      const seen = cells(2);
      const scope = new AsyncScope();

      scope.start(fresh.beginning(seen, 1));
      scope.cancel();
      await scope.close();

      expect(seen[1]).toBe(seen[0]);
      expect(await fresh.add(1, 2)).toBe(3);
      await fresh[Symbol.asyncDispose]();
    });
  });

  it('of an async function that awaits it is told when the cleanup there has ended', async () => {
    const seen = cells(2);
    const scope = new AsyncScope();
    const told: unknown[] = [];
    const waiting = tamed(async () => {
      try {
        await work.beginning(seen, 5);
      } catch (error) {
        told.push(error, seen[1]);
      }
    });
    scope.start(waiting());
    await until(() => seen[0] === 1);

    scope.cancel();
    await scope.close();

    expect(told).toEqual([jasmine.any(CancelledError), 1]);
  });
});
