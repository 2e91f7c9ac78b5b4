import { ErrorHandler } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import type { Subject } from 'rxjs';
import { finalize, NEVER, throwError } from 'rxjs';
import { type AsyncScope, cleanup, ScopeError } from 'async-tamer';
import { injectAsyncScope, whenScopesClosed } from 'async-tamer/angular';

import { gate as newGate, hostOf, macrotasks } from './setup/host.ts';

describe('whenScopesClosed', () => {
  /** A scope that cleans up, once its component is destroyed, until `gate` completes. */
  function scopeWith(gate: Subject<void>): { made: AsyncScope; fixture: { destroy(): void } } {
    const host = hostOf(() => injectAsyncScope());
    host.made.start(NEVER.pipe(finalize(() => cleanup(gate))));
    return host;
  }

  /** Whether it has resolved, as far as that takes no time. */
  async function hasResolved(promise: Promise<void>): Promise<boolean> {
    let resolved = false;
    void promise.then(() => (resolved = true));
    await macrotasks();
    return resolved;
  }

  it('resolves at once where nothing is closing', async () => {
    await expectAsync(whenScopesClosed()).toBeResolvedTo(undefined);
  });

  it('waits for the cleanup after the component was destroyed', async () => {
    const gate = newGate();
    const { fixture, made } = scopeWith(gate);
    fixture.destroy();

    const closed = whenScopesClosed();
    const whileCleaningUp = await hasResolved(closed);
    gate.complete();
    await closed;

    expect([whileCleaningUp, made.closed]).toEqual([false, true]);
  });

  it('waits for those of several components', async () => {
    const gates = [newGate(), newGate()];
    gates.forEach((gate) => scopeWith(gate).fixture.destroy());

    const closed = whenScopesClosed();
    gates[1]?.complete();
    const afterOne = await hasResolved(closed);
    gates[0]?.complete();
    await closed;

    expect(afterOne).toBeFalse();
  });

  it('waits for one that was cancelled while its component lives', async () => {
    const gate = newGate();
    const { made } = scopeWith(gate);
    made.cancel();

    const closed = whenScopesClosed();
    const whileCleaningUp = await hasResolved(closed);
    gate.complete();
    await closed;

    expect(whileCleaningUp).toBeFalse();
  });

  it('does not wait for one that is open', async () => {
    const gate = newGate();
    const { made } = scopeWith(gate);

    await whenScopesClosed();

    expect([made.size, made.closed]).toEqual([1, false]);
    gate.complete();
  });

  it('still works when the application has been destroyed', async () => {
    const gate = newGate();
    const { made } = scopeWith(gate);
    TestBed.resetTestingModule();

    const closed = whenScopesClosed();
    gate.complete();
    await closed;

    expect(made.closed).toBeTrue();
  });

  it('rejects with what a cleanup has thrown, which nobody else gets', async () => {
    const handleError = jasmine.createSpy('handleError');
    TestBed.configureTestingModule({
      rethrowApplicationErrors: false,
      providers: [{ provide: ErrorHandler, useValue: { handleError } }],
    });
    const oh = new Error('Oh no!');
    const gate = newGate();
    scopeWith(gate).fixture.destroy();

    const closed = whenScopesClosed();
    gate.error(oh);

    await expectAsync(closed).toBeRejectedWith(jasmine.objectContaining({ errors: [oh] }));
    await macrotasks();
    expect(handleError).not.toHaveBeenCalled();
  });

  it('rejects with what has been thrown before it is asked, while the component was destroyed', async () => {
    const oh = new Error('Oh no!');
    const { made, fixture } = hostOf(() => injectAsyncScope());
    made.start(NEVER.pipe(finalize(() => cleanup(throwError(() => oh)))));

    fixture.destroy();

    await expectAsync(whenScopesClosed()).toBeRejectedWith(jasmine.objectContaining({ errors: [oh] }));
  });

  it('rejects with one error that holds what all of them raise, when all have closed', async () => {
    const errors = [new Error('first'), new Error('second')];
    const gates = errors.map(() => newGate());
    gates.forEach((gate) => scopeWith(gate).fixture.destroy());

    const closed = whenScopesClosed().catch((error: unknown) => error);
    gates[1]?.error(errors[1]);
    gates[0]?.error(errors[0]);
    const raised = await closed;

    expect(raised).toBeInstanceOf(ScopeError);
    expect((raised as ScopeError).errors).toEqual(errors);
  });

  it('tells all who wait', async () => {
    const gate = newGate();
    scopeWith(gate).fixture.destroy();

    const both = [whenScopesClosed(), whenScopesClosed()];
    gate.error(new Error('Oh no!'));

    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('has forgotten a failed one once that has closed', async () => {
    const { made } = hostOf(() => injectAsyncScope());
    made.start(throwError(() => new Error('Oh no!')));
    await expectAsync(made.close()).toBeRejected();
    await macrotasks();

    await expectAsync(whenScopesClosed()).toBeResolved();
  });
});
