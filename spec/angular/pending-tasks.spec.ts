import { ApplicationRef, ErrorHandler } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { concat, defer, finalize, NEVER, of, Subject, throwError } from 'rxjs';
import { AsyncScope, cleanup } from 'async-tamer';
import { injectAsyncScope } from 'async-tamer/angular';

import { gate as newGate, hostOf, macrotasks } from './setup/host.ts';

describe('An injected scope with pendingTasks', () => {
  /** A scope in a component, and whether the application has become stable since. */
  async function scopeOf(options: { concurrency?: number; errorMode?: 'continue' } = {}): Promise<{
    scope: AsyncScope;
    destroy: () => void;
    isStable: () => Promise<boolean>;
  }> {
    const { made: scope, fixture } = hostOf(() => injectAsyncScope({ ...options, pendingTasks: true }));
    await fixture.whenStable();
    const isStable = async (): Promise<boolean> => {
      let stable = false;
      void TestBed.inject(ApplicationRef)
        .whenStable()
        .then(() => (stable = true));
      await new Promise((resolve) => setTimeout(resolve, 30)); // Angular may wait for a frame.
      return stable;
    };
    return { scope, destroy: () => fixture.destroy(), isStable };
  }

  it('leaves the application stable while nothing is started', async () => {
    const { isStable } = await scopeOf();

    expect(await isStable()).toBeTrue();
  });

  it('keeps whenStable() waiting while a child runs', async () => {
    const { scope, isStable } = await scopeOf();
    const source = new Subject<number>();
    scope.start(source);

    const whileRunning = await isStable();
    source.next(1);
    const afterAValue = await isStable();
    source.complete();

    expect([whileRunning, afterAValue, await isStable()]).toEqual([false, false, true]);
  });

  it('keeps it waiting until the last of several has ended', async () => {
    const { scope, isStable } = await scopeOf();
    const sources = [new Subject<number>(), new Subject<number>()];
    sources.forEach((source) => scope.start(source));

    sources[0]?.complete();
    const afterTheFirst = await isStable();
    sources[1]?.complete();

    expect([afterTheFirst, await isStable()]).toEqual([false, true]);
  });

  it('keeps it waiting while a child is queued', async () => {
    const { scope, isStable } = await scopeOf({ concurrency: 1 });
    const sources = [new Subject<number>(), new Subject<number>()];
    sources.forEach((source) => scope.start(source));

    sources[0]?.complete();
    const whileTheSecondRuns = await isStable();
    sources[1]?.complete();

    expect([whileTheSecondRuns, await isStable()]).toEqual([false, true]);
  });

  it('keeps it waiting while a child cleans up after its end', async () => {
    const { scope, isStable } = await scopeOf();
    const gate = newGate();
    scope.start(of(1).pipe(finalize(() => cleanup(gate))));

    const whileCleaningUp = await isStable();
    gate.complete();

    expect([whileCleaningUp, await isStable()]).toEqual([false, true]);
  });

  it('keeps it waiting while a child cleans up after its component was destroyed', async () => {
    const { scope, destroy, isStable } = await scopeOf();
    const gate = newGate();
    scope.start(NEVER.pipe(finalize(() => cleanup(gate))));

    destroy();
    const whileCleaningUp = await isStable();
    gate.complete();

    expect([whileCleaningUp, await isStable()]).toEqual([false, true]);
  });

  it('keeps it waiting while something runs in a scope that is nested in it, after its own children', async () => {
    const { scope, isStable } = await scopeOf();
    const nested = new AsyncScope({ parent: new AsyncScope({ parent: scope }) });
    const source = new Subject<number>();
    nested.start(source);
    scope.start(of(1));

    const whileRunning = await isStable();
    source.complete();

    expect([whileRunning, await isStable()]).toEqual([false, true]);
  });

  it('does so each time that something is started', async () => {
    const { scope, isStable } = await scopeOf();
    scope.start(of(1));
    const before = await isStable();
    const source = new Subject<number>();
    scope.start(source);

    const whileRunning = await isStable();
    source.complete();

    expect([before, whileRunning, await isStable()]).toEqual([true, false, true]);
  });

  it('leaves no pending task after a cancel', async () => {
    const { scope, isStable } = await scopeOf({ concurrency: 1 });
    scope.start(NEVER);
    scope.start(NEVER);

    scope.cancel();
    scope.cancel();

    expect(await isStable()).toBeTrue();
  });

  it('leaves no pending task after a failure, delivered or not', async () => {
    TestBed.configureTestingModule({
      rethrowApplicationErrors: false,
      providers: [{ provide: ErrorHandler, useValue: { handleError: () => undefined } }],
    });
    const { scope, isStable } = await scopeOf({ errorMode: 'continue' });
    const failing = throwError(() => new Error('Oh no!'));

    await scope.start(failing).catch(() => undefined);
    scope.start(failing);

    expect(await isStable()).toBeTrue();
  });

  it('leaves no pending task where a child starts the next one', async () => {
    const { scope, isStable } = await scopeOf();

    scope.start(
      concat(
        of(1),
        defer(() => scope.start(of(2))),
      ),
    );

    expect(await isStable()).toBeTrue();
  });

  it('adds none after its component was destroyed', async () => {
    const { scope, destroy, isStable } = await scopeOf();
    destroy();

    scope.start(NEVER);

    expect(await isStable()).toBeTrue();
  });

  it('ends its pending task quietly when the application has been destroyed', async () => {
    const { scope } = await scopeOf();
    const gate = newGate();
    scope.start(NEVER.pipe(finalize(() => cleanup(gate))));

    TestBed.resetTestingModule();
    gate.complete();
    await macrotasks();

    expect(scope.closed).toBeTrue();
  });
});

describe('An injected scope without pendingTasks', () => {
  it('lets the application be stable whatever runs', async () => {
    const { made: scope, fixture } = hostOf(() => injectAsyncScope());
    scope.start(NEVER);

    await fixture.whenStable();

    expect([scope.size, fixture.isStable()]).toEqual([1, true]);
  });
});
