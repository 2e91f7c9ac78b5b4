import { filter, Subject } from 'rxjs';

import type { CancelledError, DelayedResult, StartOptions } from '../../src/index.ts';
import { AsyncScope, cleanup, ScopeClosedError, sleep, tamed } from '../../src/index.ts';
import { runMarblesAsync } from '../../src/testing/index.ts';
import { errorOf } from '../support/outcome.ts';
import { listenersOf } from '../support/runtime.ts';
import { raise } from './failure.ts';

/** A signal, and the function that aborts it. */
function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason?: unknown) => controller.abort(reason) };
}

describe('The options of start', () => {
  describe('signal', () => {
    it('cancels that child alone, with its reason, and is no failure', async () => {
      const controller = new AbortController();
      const scope = new AsyncScope();
      const other = scope.start(sleep(0));
      const result = scope.start(sleep(Infinity), { signal: controller.signal });

      controller.abort('removed');

      expect(result.status).toBe('cancelled');
      expect(scope.cancelled).toBeFalse();
      expect(((await errorOf(result)) as CancelledError).cause).toBe('removed');
      await expectAsync(scope.close()).toBeResolvedTo(undefined);
      expect(other.status).toBe('succeeded');
    });

    it('takes a child out of the queue, of which nothing runs', async () => {
      const controller = new AbortController();
      const ran: string[] = [];
      const job = tamed((name: string) => ran.push(name));
      const scope = new AsyncScope({ concurrency: 1 });
      scope.start(sleep(0));
      const removed = scope.start(job('removed'), { signal: controller.signal });
      scope.start(job('next'));

      controller.abort();
      await scope.close();

      expect(removed.status).toBe('cancelled');
      expect(ran).toEqual(['next']);
    });

    it('runs nothing, if it has aborted before', async () => {
      const ran: string[] = [];
      const scope = new AsyncScope();

      const result = scope.start(tamed(() => ran.push('ran'))(), { signal: AbortSignal.abort('early') });

      expect(result.status).toBe('cancelled');
      expect(scope.size).toBe(0);
      expect(((await errorOf(result)) as CancelledError).cause).toBe('early');
      await scope.close();
      expect(ran).toEqual([]);
    });

    it('lets the scope wait for the cleanup of the child', async () => {
      await runMarblesAsync(async () => {
        const controller = new AbortController();
        const log: string[] = [];
        const scope = new AsyncScope();
        const polite = tamed(function* () {
          try {
            yield* sleep(1000);
          } finally {
            yield* sleep(10);
            log.push('clean');
          }
        });
        scope.start(polite(), { signal: controller.signal });

        controller.abort();
        const [child] = scope.children;
        await scope.close();

        expect(child?.state).toBe('cleaning up');
        expect(log).toEqual(['clean']);
      });
    });

    it('cancels a child from inside itself, and twice is as once', async () => {
      const controller = new AbortController();
      const log: string[] = [];
      const scope = new AsyncScope();
      const own = tamed(function* () {
        try {
          controller.abort('self');
          controller.abort('again');
          yield* sleep(Infinity);
          log.push('went on');
        } finally {
          log.push('unwound');
        }
      });

      const result = scope.start(own(), { signal: controller.signal });

      expect(((await errorOf(result)) as CancelledError).cause).toBe('self');
      await scope.close();
      expect(log).toEqual(['unwound']);
    });

    it('is listened to until the child has ended, however it does', async () => {
      const { signal } = new AbortController();
      const listeners = listenersOf(signal);
      const scope = new AsyncScope({ errorMode: 'continue' });
      scope.start(sleep(0), { signal });
      const failing = scope.start(tamed(() => raise())(), { signal });
      scope.start(sleep(Infinity), { signal });
      const before = listeners.size;

      await errorOf(failing);
      scope.cancel();
      await scope.close();

      expect(before).toBe(1);
      expect(listeners.size).toBe(0);
    });

    it('lets the scope wait for the cleanup of the child, which an observer of its cancel cancels again', async () => {
      const log: string[] = [];
      const controller = new AbortController();
      const waiting = tamed(function* (result: DelayedResult<unknown>) {
        result.subscribe();
        try {
          yield* sleep(Infinity);
        } finally {
          yield* sleep(10);
          log.push('cleaned up');
        }
      });

      await runMarblesAsync(async () => {
        const scope = new AsyncScope();
        const first = scope.start(sleep(1));
        first.subscribe({ complete: () => controller.abort() });
        scope.start(waiting(first), { signal: controller.signal });
        scope.events$.pipe(filter(({ type }) => type === 'cancel')).subscribe(() => scope.cancel());
        await scope.close();
        log.push('closed');
      });

      expect(log).toEqual(['cleaned up', 'closed']);
    });

    it('cancels all children that have it, of which none that is queued begins', async () => {
      const { signal, abort } = abortable();
      const ran: string[] = [];
      const job = tamed((name: string) => {
        ran.push(name);
        return sleep(name === 'other' ? 0 : Infinity);
      });
      const scope = new AsyncScope({ concurrency: 1 });
      const removed = ['first', 'second', 'third'].map((name) => scope.start(job(name), { signal }));
      scope.start(job('other'));

      abort();
      await scope.close();

      expect(removed.map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'cancelled']);
      expect(ran).toEqual(['first', 'other']);
    });

    it('cancels a child that awaits another one that has it, which is no failure', async () => {
      const { signal, abort } = abortable();
      const log: string[] = [];
      const scope = new AsyncScope();
      const first = scope.start(sleep(Infinity), { signal });
      const second = scope.start(
        tamed(function* () {
          try {
            yield* first;
          } catch {
            log.push('caught');
          }
        })(),
        { signal },
      );
      const third = scope.start(first, { signal });

      abort();

      expect([first, second, third].map(({ status }) => status)).toEqual([
        'cancelled',
        'cancelled',
        'cancelled',
      ]);
      await expectAsync(scope.close()).toBeResolvedTo(undefined);
      expect(scope.cancelled).toBeFalse();
      expect(log).toEqual([]);
    });

    it('begins no queued child whose turn comes between the abort and its cancel', async () => {
      const { signal, abort } = abortable();
      const ran: string[] = [];
      const running = new Subject<never>();
      signal.addEventListener('abort', () => running.complete());
      const scope = new AsyncScope({ concurrency: 1 });
      scope.start(running);
      const queued = scope.start(tamed(() => ran.push('ran'))(), { signal });

      abort('gone');
      await scope.close();

      expect(((await errorOf(queued)) as CancelledError).cause).toBe('gone');
      expect(ran).toEqual([]);
    });

    it('cancels a child that notices the abort first, and fails with it', async () => {
      const { signal, abort } = abortable();
      const failing = new Subject<never>();
      signal.addEventListener('abort', () => failing.error(signal.reason));
      const scope = new AsyncScope();
      const result = scope.start(failing, { signal });

      abort('gone');

      expect(result.status).toBe('cancelled');
      expect(((await errorOf(result)) as CancelledError).cause).toBe('gone');
      await expectAsync(scope.close()).toBeResolvedTo(undefined);
      expect(scope.cancelled).toBeFalse();
    });

    it('changes nothing when it aborts after the end', async () => {
      const controller = new AbortController();
      const scope = new AsyncScope();
      const result = scope.start(tamed(() => 1)(), { signal: controller.signal });

      controller.abort();

      await expectAsync(result.then()).toBeResolvedTo(1);
      await scope.close();
    });

    it('does not let a scope that has closed take a child', async () => {
      const scope = new AsyncScope();
      await scope.close();

      expect(() => scope.start(sleep(0), { signal: AbortSignal.abort() })).toThrowError(ScopeClosedError);
    });

    it('raises what the cleanup of the child throws', async () => {
      const controller = new AbortController();
      const scope = new AsyncScope();
      const rude = tamed(function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          yield* cleanup(sleep(0));
          raise();
        }
      });
      scope.start(rude(), { signal: controller.signal });

      controller.abort();

      expect(((await errorOf(scope.close())) as AggregateError).errors.length).toBe(1);
    });
  });

  describe('name', () => {
    it('stands in the place of the name of the function', () => {
      const scope = new AsyncScope();

      scope.start(sleep(Infinity), { name: 'heartbeat' });

      expect(scope.children.map(({ name }) => name)).toEqual(['heartbeat']);
      scope.cancel();
    });

    it('names the child in the message of a failure', async () => {
      const scope = new AsyncScope();
      scope.start(tamed(() => raise())(), { name: 'upload' });

      const error = (await errorOf(scope.close())) as Error;

      expect(error.message).toContain('upload');
    });
  });

  it('are refused by name where they are unknown or wrong', () => {
    const scope = new AsyncScope();
    const start = (options: unknown) => () => scope.start(sleep(0), options as StartOptions);

    expect(start({ singal: 1 })).toThrowError(TypeError, /no option "singal". Its options are signal, name/);
    expect(start({ signal: 'no' })).toThrowError(TypeError, /"signal"/);
    expect(start({ name: 1 })).toThrowError(TypeError, /"name" is a string/);
    expect(start(1)).toThrowError(TypeError, /takes an object of options/);
    expect(scope.size).toBe(0);
  });
});
