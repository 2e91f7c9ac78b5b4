import { concat, EMPTY, EmptyError, of, throwError } from 'rxjs';

import { tamed } from '../../src/index.ts';
import { macrotasks } from '../support/macrotasks.ts';

describe('A call as a promise', () => {
  it('fulfils with the value', async () => {
    const value = await tamed(() => 1)();

    expect(value).toBe(1);
  });

  it('fulfils with the last of several values', async () => {
    const value = await tamed(() => of(1, 2, 3))();

    expect(value).toBe(3);
  });

  it('fulfils with undefined, if that is the last value', async () => {
    const value = await tamed(() => of(1, undefined))();

    expect(value).toBeUndefined();
  });

  it('rejects with the failure itself', async () => {
    const error = new Error('Oh no!');
    const faulty = tamed(() => {
      throw error;
    });

    const reason: unknown = await faulty().then(undefined, (failure: unknown) => failure);

    expect(reason).toBe(error);
  });

  it('rejects with the failure that follows values', async () => {
    const faulty = tamed(() =>
      concat(
        of(1),
        throwError(() => 'reason'),
      ),
    );

    await expectAsync(faulty().then()).toBeRejectedWith('reason');
  });

  it('rejects with an EmptyError when there was no value', async () => {
    const call = tamed(() => EMPTY)();

    await expectAsync(call.then()).toBeRejectedWithError(EmptyError);
  });

  it('runs at once when then() is called', () => {
    const fn = jasmine.createSpy();

    void tamed(fn)().then();

    expect(fn).toHaveBeenCalledTimes(1);
  });

  it('runs again for each then(), catch() and finally()', async () => {
    const fn = jasmine.createSpy();
    const call = tamed(fn)();

    await Promise.all([call.then(), call.catch(), call.finally()]);

    expect(fn).toHaveBeenCalledTimes(3);
  });

  it('passes its value through then() without a handler', async () => {
    const value = await tamed(() => 1)().then(null, undefined);

    expect(value).toBe(1);
  });

  it('fulfils with what a handler of then() makes of it', async () => {
    const value = await tamed(() => 1)().then((one) => Promise.resolve(one + 1));

    expect(value).toBe(2);
  });

  it('rejects with what a handler of then() throws', async () => {
    const promise = tamed(() => 1)().then(() => {
      throw new Error('from the handler');
    });

    await expectAsync(promise).toBeRejectedWithError('from the handler');
  });

  it('calls the handlers of then() later, as promises do', () => {
    const handler = jasmine.createSpy();

    void tamed(() => 1)().then(handler);

    expect(handler).not.toHaveBeenCalled();
  });

  it('fulfils with what catch() makes of a failure', async () => {
    const faulty = tamed((): number => {
      throw new Error('Oh no!');
    });

    const value = await faulty().catch((error: unknown) => (error as Error).message);

    expect(value).toBe('Oh no!');
  });

  it('does not call the handler of catch() without a failure', async () => {
    const handler = jasmine.createSpy();

    const value: unknown = await tamed(() => 1)().catch(handler);

    expect(value).toBe(1);
    expect(handler).not.toHaveBeenCalled();
  });

  it('calls the handler of finally() without arguments, and keeps the value', async () => {
    const handler = jasmine.createSpy().and.returnValue(2);

    const value = await tamed(() => 1)().finally(handler);

    expect(value).toBe(1);
    expect(handler).toHaveBeenCalledOnceWith();
  });

  it('calls the handler of finally() after a failure, and keeps that', async () => {
    const handler = jasmine.createSpy();
    const faulty = tamed(() => throwError(() => 'reason'));

    await expectAsync(faulty().finally(handler)).toBeRejectedWith('reason');

    expect(handler).toHaveBeenCalledTimes(1);
  });

  it('rejects with what the handler of finally() throws', async () => {
    const promise = tamed(() => 1)().finally(() => {
      throw new Error('from the handler');
    });

    await expectAsync(promise).toBeRejectedWithError('from the handler');
  });

  it('leaves a failure that nobody handles to the runtime, as promises do', async () => {
    const error = new Error('Oh no!');
    const faulty = tamed(() => {
      throw error;
    });

    await jasmine.spyOnGlobalErrorsAsync(async (globalErrors) => {
      void faulty().then();
      await macrotasks();

      expect(globalErrors).toHaveBeenCalledTimes(1);
      expect(globalErrors.calls.argsFor(0)).toContain(error);
    });
  });
});
