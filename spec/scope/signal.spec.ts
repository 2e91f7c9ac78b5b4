import { of, throwError } from 'rxjs';

import type { CancelledError } from '../../src/index.ts';
import { AsyncScope, type AsyncScopeOptions, sleep, tamed } from '../../src/index.ts';
import { listenersOf } from '../support/runtime.ts';
import { errorOf } from '../support/outcome.ts';
import { raise, failure } from './failure.ts';
import { patient } from './patient.ts';

describe('The signal given to a scope', () => {
  it('cancels the scope when it aborts, with its reason', async () => {
    const controller = new AbortController();
    const scope = new AsyncScope({ signal: controller.signal });
    const result = scope.start(sleep(Infinity));

    controller.abort('gone');

    expect(scope.cancelled).toBeTrue();
    expect(((await errorOf(result)) as CancelledError).cause).toBe('gone');
    expect(scope.signal.reason).toBe('gone');
  });

  it('is not the signal of the scope', () => {
    const { signal } = new AbortController();
    const scope = new AsyncScope({ signal });

    scope.cancel();

    expect(scope.signal).not.toBe(signal);
    expect(signal.aborted).toBeFalse();
  });

  it('has cancelled the scope from the start, if it had aborted before', async () => {
    const scope = new AsyncScope({ signal: AbortSignal.abort('gone') });

    const result = scope.start(of(1));

    expect(scope.cancelled).toBeTrue();
    expect(((await errorOf(result)) as CancelledError).cause).toBe('gone');
    await expectAsync(scope.close()).toBeResolvedTo(undefined);
  });

  it('ends a close that waits', async () => {
    const controller = new AbortController();
    const scope = new AsyncScope({ signal: controller.signal });
    scope.start(sleep(Infinity));

    const closing = scope.close();
    controller.abort();

    await expectAsync(closing).toBeResolvedTo(undefined);
  });

  it('may cancel several scopes', () => {
    const controller = new AbortController();
    const scopes = [
      new AsyncScope({ signal: controller.signal }),
      new AsyncScope({ signal: controller.signal }),
    ];

    controller.abort();

    expect(scopes.map(({ cancelled }) => cancelled)).toEqual([true, true]);
  });

  it('does nothing after the close', async () => {
    const controller = new AbortController();
    const scope = new AsyncScope({ signal: controller.signal });
    await scope.close();

    controller.abort();

    expect(scope.cancelled).toBeFalse();
  });

  it('has one listener while the scope is open', () => {
    const { signal } = new AbortController();
    const listeners = listenersOf(signal);

    const scope = new AsyncScope({ signal });

    expect(listeners).toHaveSize(1);
    scope.cancel();
  });

  const ends: Record<string, (options: AsyncScopeOptions, controller: AbortController) => unknown> = {
    'a close': (options) => new AsyncScope(options).close(),
    'a close that had to wait': async (options) => {
      const scope = new AsyncScope(options);
      scope.start(sleep(1));
      await scope.close();
    },
    'a close that failed': async (options) => {
      const scope = new AsyncScope({ ...options, errorMode: 'continue' });
      scope.start(throwError(() => failure));
      await errorOf(scope.close());
    },
    'a cancel': (options) => new AsyncScope(options).cancel(),
    'a failure': (options) => new AsyncScope(options).start(throwError(() => failure)).catch(() => undefined),
    'its exit mode': (options) => {
      const scope = new AsyncScope({ ...options, exitMode: 'cancel' });
      scope.start(patient(30));
      scope.close();
    },
    'its timeout': async (options) => {
      const scope = new AsyncScope({ ...options, timeout: 1 });
      await sleep(5);
      scope.close();
    },
    'its parent, cancelled': (options) => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ ...options, parent });
      parent.cancel();
      scope.close();
    },
    'its parent, closed': async (options) => {
      const parent = new AsyncScope();
      new AsyncScope({ ...options, parent });
      await parent.close();
    },
    'a parent that had been cancelled before': (options) => {
      const parent = new AsyncScope();
      parent.cancel();
      new AsyncScope({ ...options, parent });
    },
    'the cancel of the call that made it': (options) =>
      tamed(function* () {
        new AsyncScope(options);
        yield* sleep(Infinity);
      })()
        .subscribe()
        .unsubscribe(),
    'the end of its run': (options) => AsyncScope.run(() => 1, options),
    'the failure of its run': (options) => AsyncScope.run(raise, options).catch(() => undefined),
    'the signal itself': (options, controller) => {
      new AsyncScope(options);
      controller.abort();
    },
  };

  for (const [end, act] of Object.entries(ends)) {
    it(`is listened to no longer after ${end}`, async () => {
      const controller = new AbortController();
      const listeners = listenersOf(controller.signal);

      await act({ signal: controller.signal }, controller);

      expect(listeners).toEqual(new Set());
    });
  }
});
