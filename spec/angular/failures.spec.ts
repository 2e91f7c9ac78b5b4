import { ErrorHandler, inject, Injector } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { config, finalize, NEVER, Subject, throwError, TimeoutError } from 'rxjs';
import { AsyncScope, cleanup, tamed, type ScopeError } from 'async-tamer';
import { injectAsyncScope } from 'async-tamer/angular';

import { gate as newGate, hostOf, macrotasks } from './setup/host.ts';

describe('A failure in an injected scope', () => {
  const oh = new Error('Oh no!');
  let handled: unknown[];

  beforeEach(() => {
    handled = [];
    TestBed.configureTestingModule({
      rethrowApplicationErrors: false, // as in production
      providers: [
        { provide: ErrorHandler, useValue: { handleError: (error: unknown) => handled.push(error) } },
      ],
    });
  });

  describe('that was delivered to nobody', () => {
    it('goes to the ErrorHandler as it is, while the component lives', async () => {
      const { made: scope } = hostOf(() => injectAsyncScope());

      scope.start(throwError(() => oh));
      await macrotasks();

      expect(handled).toEqual([oh]);
      expect(handled[0]).toBe(oh);
    });

    it('goes there when what it has cancelled has cleaned up', async () => {
      const { made: scope } = hostOf(() => injectAsyncScope());
      const gate = newGate();
      scope.start(NEVER.pipe(finalize(() => cleanup(gate))));

      scope.start(throwError(() => oh));
      await macrotasks();
      const whileCleaningUp = [...handled];
      gate.complete();
      await macrotasks();

      expect(whileCleaningUp).toEqual([]);
      expect(handled).toEqual([oh]);
    });

    it('goes there one by one, with what cleanups have thrown', async () => {
      const { made: scope, fixture } = hostOf(() => injectAsyncScope());
      const [first, second] = [new Error('first'), new Error('second')];
      [first, second].forEach((error) =>
        scope.start(NEVER.pipe(finalize(() => cleanup(throwError(() => error))))),
      );

      fixture.destroy();
      await macrotasks();

      expect(handled).toEqual([first, second]);
    });

    it('goes there where it is a timeout', async () => {
      const { made: scope } = hostOf(() => injectAsyncScope({ timeout: 1 }));
      scope.start(NEVER);
      const over = new Promise((resolve) => scope.signal.addEventListener('abort', resolve));

      await over;
      await macrotasks();

      expect(handled).toEqual([jasmine.any(TimeoutError)]);
    });

    it('goes there though the application has been destroyed', async () => {
      const { made: scope } = hostOf(() => injectAsyncScope());
      const gate = newGate();
      scope.start(NEVER.pipe(finalize(() => cleanup(gate))));
      await macrotasks();

      TestBed.resetTestingModule();
      gate.error(oh);
      await macrotasks();

      expect(handled).toEqual([oh]);
    });

    it('goes to its parent, where it is nested', async () => {
      const parent = new AsyncScope();
      const { made: scope } = hostOf(() => injectAsyncScope({ parent }));

      scope.start(throwError(() => oh));
      await macrotasks();

      const raised = await parent.close().catch((error: unknown) => error);
      expect((raised as ScopeError).errors).toEqual([jasmine.objectContaining({ errors: [oh] })]);
      expect(handled).toEqual([]);
    });

    it('goes where failures go in RxJS, where there is no application', async () => {
      const unhandled: unknown[] = [];
      config.onUnhandledError = (error) => unhandled.push(error);
      const injector = Injector.create({ providers: [] });

      injectAsyncScope({ injector }).start(throwError(() => oh));
      await macrotasks();

      config.onUnhandledError = null;
      expect(unhandled).toEqual([oh]);
    });
  });

  describe('that was delivered', () => {
    it('does not go to the ErrorHandler, but cancels the others all the same', async () => {
      const { made: scope } = hostOf(() => injectAsyncScope());
      const other = scope.start(NEVER);

      const told = await scope.start(throwError(() => oh)).catch((error: unknown) => error);
      await macrotasks();

      expect([told, other.status, scope.closed]).toEqual([oh, 'cancelled', true]);
      expect(handled).toEqual([]);
    });
  });

  describe("where the others go on, by errorMode: 'continue'", () => {
    it('goes to the ErrorHandler when nothing runs any more', async () => {
      const { made: scope } = hostOf(() => injectAsyncScope({ errorMode: 'continue' }));
      const other = new Subject<number>();
      scope.start(other);

      scope.start(throwError(() => oh));
      await macrotasks();
      const whileTheOtherRuns = [...handled];
      other.complete();
      await macrotasks();

      expect(whileTheOtherRuns).toEqual([]);
      expect(handled).toEqual([oh]);
      expect([scope.cancelled, scope.closed]).toEqual([false, false]);
    });

    it('does not, where the results are awaited one by one', async () => {
      const { made: scope } = hostOf(() => injectAsyncScope({ errorMode: 'continue' }));
      const first = new Subject<number>();
      const results = [scope.start(first), scope.start(throwError(() => oh))];
      const told: unknown[] = [];
      const collected = (async () => {
        for (const result of results) {
          told.push(await result.catch((error: unknown) => error));
        }
      })();

      first.next(1);
      first.complete();
      await collected;
      await macrotasks();

      expect(told).toEqual([1, oh]);
      expect(handled).toEqual([]);
    });

    it('is told once, and not again when the component is destroyed', async () => {
      const { made: scope, fixture } = hostOf(() => injectAsyncScope({ errorMode: 'continue' }));
      scope.start(throwError(() => oh));
      await macrotasks();

      fixture.destroy();
      await macrotasks();

      expect(handled).toEqual([oh]);
    });

    it('is told once, where the component is destroyed at once', async () => {
      const { made: scope, fixture } = hostOf(() => injectAsyncScope({ errorMode: 'continue' }));
      scope.start(throwError(() => oh));

      fixture.destroy();
      await macrotasks();

      expect(handled).toEqual([oh]);
    });

    it('waits for what has begun since', async () => {
      const { made: scope } = hostOf(() => injectAsyncScope({ errorMode: 'continue' }));
      scope.start(throwError(() => oh));
      const other = new Subject<number>();
      scope.start(other);

      await macrotasks();
      const whileTheOtherRuns = [...handled];
      other.complete();
      await macrotasks();

      expect(whileTheOtherRuns).toEqual([]);
      expect(handled).toEqual([oh]);
    });

    it('leaves the scope to what is started next', async () => {
      const { made: scope } = hostOf(() => injectAsyncScope({ errorMode: 'continue' }));
      scope.start(throwError(() => oh));
      await macrotasks();

      expect(await scope.start([1])).toBe(1);
    });
  });

  describe('that its own close raises', () => {
    it('goes to whoever awaits that alone', async () => {
      const { made: scope } = hostOf(() => injectAsyncScope({ errorMode: 'continue' }));
      scope.start(throwError(() => oh));

      await expectAsync(scope.close()).toBeRejectedWith(jasmine.objectContaining({ errors: [oh] }));
      await macrotasks();

      expect(handled).toEqual([]);
    });

    it('goes to the ErrorHandler, if nobody awaits that', async () => {
      const { made: scope } = hostOf(() => injectAsyncScope({ errorMode: 'continue' }));
      scope.start(throwError(() => oh));

      scope.close();
      await macrotasks();

      expect(handled).toEqual([oh]);
    });
  });

  describe('of what the ErrorHandler itself has begun', () => {
    it('does not keep that from being made', async () => {
      const report = tamed(() => {
        throw oh;
      });
      class Sending extends ErrorHandler {
        readonly scope = injectAsyncScope({ errorMode: 'continue' });
        constructor() {
          super();
          this.scope.start(report());
        }
        override handleError(error: unknown): void {
          handled.push(error);
        }
      }
      TestBed.configureTestingModule({
        rethrowApplicationErrors: false,
        providers: [{ provide: ErrorHandler, useClass: Sending }],
      });

      hostOf(() => inject(ErrorHandler));
      await macrotasks();

      expect(handled).toEqual([oh]);
    });
  });
});

describe('A failure in an injected scope of a test', () => {
  it('rejects whenStable() of the fixture, as an error of Angular does', async () => {
    TestBed.configureTestingModule({
      providers: [{ provide: ErrorHandler, useValue: { handleError: () => undefined } }],
    });
    const { made: scope, fixture } = hostOf(() => injectAsyncScope({ pendingTasks: true }));
    const source = new Subject<void>();
    scope.start(source);
    const stable = fixture.whenStable();

    source.error(new Error('Oh no!'));

    await expectAsync(stable).toBeRejectedWithError('Oh no!');
  });

  it('is an error of the page, too, where nobody waits for that and there is no zone.js', async () => {
    const handled: unknown[] = [];
    TestBed.configureTestingModule({
      providers: [
        { provide: ErrorHandler, useValue: { handleError: (error: unknown) => handled.push(error) } },
      ],
    });
    const oh = new Error('Oh no!');
    const { made: scope } = hostOf(() => injectAsyncScope());

    await jasmine.spyOnGlobalErrorsAsync(async (seen) => {
      scope.start(throwError(() => oh));
      await macrotasks();

      // zone.js says nothing of a rejection that has passed through "finally", as it does in PendingTasks.
      const unseen = 'Zone' in globalThis;
      expect([handled, seen.calls.allArgs()]).toEqual([[oh], unseen ? [] : [[oh]]]);
    });
  });
});
