import { Observable } from 'rxjs';

import { AsyncScope, BlockingError, CancelledError, sleep, tamed } from '../../src/index.ts';
import { onlyWhere } from '../support/runtime.ts';
import { errorOf } from '../support/outcome.ts';

describe('Closing a scope for which one of its own children waits', () => {
  it('gives an error to a generator', async () => {
    const scope = new AsyncScope();
    const selfish = tamed(function* () {
      yield* scope.close();
    });

    const result = scope.start(selfish());
    await errorOf(scope.close());

    expect(result.status).toBe('failed');
    expect(() => result.value).toThrowMatching(({ cause }: Error) => cause instanceof BlockingError);
  });

  it('gives it at once, while others run', () => {
    const scope = new AsyncScope({ errorMode: 'continue' });
    const selfish = tamed(function* () {
      yield* scope.close();
    });
    scope.start(sleep(Infinity));

    const result = scope.start(selfish());

    expect(result.status).toBe('failed');
  });

  it('gives an error to an async function', async () => {
    const scope = new AsyncScope({ errorMode: 'continue' });
    const selfish = tamed(async () => await scope.close());

    await expectAsync(scope.start(selfish())).toBeRejectedWithError(BlockingError);
  });

  onlyWhere.contextIsCarried.it(
    'gives an error to an async function after its first await, too',
    async () => {
      const scope = new AsyncScope({ errorMode: 'continue' });
      const selfish = tamed(async () => {
        await sleep(1);
        await scope.close();
      });

      await expectAsync(scope.start(selfish())).toBeRejectedWithError(BlockingError);
    },
  );

  it('gives an error to a call that is made in a child', async () => {
    const scope = new AsyncScope();
    const selfish = tamed(function* () {
      yield* scope.close();
    });
    const outer = tamed(function* () {
      yield* selfish();
    });

    await expectAsync(scope.start(outer())).toBeRejectedWithError(BlockingError);
    await errorOf(scope.close());
  });

  it('gives an error to an Observable that subscribes to it', async () => {
    const scope = new AsyncScope();

    const result = scope.start(new Observable((subscriber) => scope.close().subscribe(subscriber)));

    await expectAsync(result).toBeRejectedWithError(BlockingError);
    await errorOf(scope.close());
  });

  it('gives an error to a child that is the close itself', async () => {
    const scope = new AsyncScope();
    const holding = scope.start(sleep(5));

    const result = scope.start(scope.close());

    await expectAsync(result).toBeRejectedWithError(BlockingError);
    await expectAsync(holding).toBeRejectedWithError(CancelledError);
    await errorOf(scope.close());
  });

  it('gives an error to a child of a scope nested in it', async () => {
    const scope = new AsyncScope();
    const nested = new AsyncScope({ parent: scope });
    const selfish = tamed(function* () {
      yield* scope.close();
    });

    await expectAsync(nested.start(selfish())).toBeRejectedWithError(BlockingError);
    await errorOf(scope.close());
  });

  it('gives an error to the finally block of a cancelled child', async () => {
    const scope = new AsyncScope();
    const errors: unknown[] = [];
    const selfish = tamed(function* () {
      try {
        yield* sleep(Infinity);
      } finally {
        try {
          yield* scope.close();
        } catch (error) {
          errors.push(error);
        }
      }
    });
    scope.start(selfish());

    scope.cancel();
    await scope.close();

    expect(errors).toEqual([jasmine.any(BlockingError)]);
  });

  it('closes all the same', async () => {
    const scope = new AsyncScope();
    const selfish = tamed(function* () {
      try {
        yield* scope.close();
      } catch {
        yield* sleep(1);
      }
      return 'went on';
    });
    const result = scope.start(selfish());

    await scope.close();

    expect(result.value).toBe('went on');
  });

  it('lets a child begin the close without waiting for it', async () => {
    const scope = new AsyncScope();

    const result = scope.start(tamed(() => scope.close().status)());

    expect(await result).toBe('pending');
    await scope.close();
  });

  it('lets a child wait for the close of another scope', async () => {
    await using scope = new AsyncScope();
    const other = new AsyncScope();
    other.start(sleep(1));

    await expectAsync(scope.start(other.close())).toBeResolvedTo(undefined);
  });

  it('lets a child wait for the close of a scope nested in its own', async () => {
    await using scope = new AsyncScope();
    const nested = new AsyncScope({ parent: scope });
    nested.start(sleep(1));
    const child = tamed(function* () {
      yield* nested.close();
      return 'closed';
    });

    expect(await scope.start(child())).toBe('closed');
  });
});
