import { finalize, map, NEVER, Observable, of, Subscription, throwError, timer } from 'rxjs';

import { AsyncScope, tamed } from '../../src/index.ts';
import { reportsOf } from '../support/reports.ts';
import { errorOf } from '../support/outcome.ts';
import { throwing, ms, errorsOf } from './teardown.ts';

describe('An error that a teardown throws', () => {
  it('is raised after a cancel', async () => {
    const error = new Error('teardown');
    const scope = new AsyncScope();
    scope.start(new Observable(() => throwing(error)));

    scope.cancel();

    expect(await errorsOf(scope)).toEqual([error]);
  });

  it('is raised after a normal end', async () => {
    const error = new Error('teardown');
    const scope = new AsyncScope();
    scope.start(timer(1).pipe(finalize(throwing(error))));

    expect(await errorsOf(scope)).toEqual([error]);
  });

  it('is raised after a normal end within one tick', async () => {
    const error = new Error('teardown');
    const scope = new AsyncScope();
    scope.start(of(1).pipe(finalize(throwing(error))));

    expect(await errorsOf(scope)).toEqual([error]);
  });

  it('is raised beside the failure of the source', async () => {
    const failure = new Error('failure');
    const error = new Error('teardown');
    const scope = new AsyncScope();
    scope.start(throwError(() => failure).pipe(finalize(throwing(error))));

    expect(await errorsOf(scope)).toEqual([failure, error]);
  });

  it('is raised beside a failure that was delivered', async () => {
    const error = new Error('teardown');
    const scope = new AsyncScope();
    const result = scope.start(
      timer(1).pipe(
        map(() => {
          throw new Error('failure');
        }),
        finalize(throwing(error)),
      ),
    );

    await errorOf(result);

    expect(await errorsOf(scope)).toEqual([error]);
  });

  it('does not keep the other teardowns from running', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    const source = NEVER.pipe(
      finalize(() => log.push('first')),
      finalize(throwing(new Error('second'))),
      finalize(() => log.push('third')),
    );
    scope.start(source);

    scope.cancel();
    await errorsOf(scope);

    expect(log.sort()).toEqual(['first', 'third']);
  });

  it('counts one by one where RxJS has put several into one UnsubscriptionError', async () => {
    const scope = new AsyncScope();
    const source = new Observable((subscriber) => {
      subscriber.add(throwing(new Error('a')));
      subscriber.add(throwing(new Error('b')));
      return throwing(new Error('c'));
    });
    scope.start(source);

    scope.cancel();

    expect((await errorsOf(scope)).map(String)).toEqual(['Error: a', 'Error: b', 'Error: c']);
  });

  it('counts one by one where UnsubscriptionErrors are in each other', async () => {
    const scope = new AsyncScope();
    const source = new Observable((subscriber) => {
      const deeper = new Subscription(throwing(new Error('a')));
      deeper.add(throwing(new Error('b')));
      subscriber.add(deeper);
      return throwing(new Error('c'));
    });
    scope.start(source);

    scope.cancel();

    expect((await errorsOf(scope)).map(String)).toEqual(['Error: a', 'Error: b', 'Error: c']);
  });

  it('is raised by the scope of an async function that had the call torn down', async () => {
    const error = new Error('teardown');
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        await tamed.from(NEVER.pipe(finalize(throwing(error))));
      })(),
    );
    await ms(1);

    scope.cancel();

    expect(await errorsOf(scope)).toEqual([error]);
  });

  it('is raised flat by the scope around a run', async () => {
    const scope = new AsyncScope();
    scope.start(
      AsyncScope.run(function* (inner) {
        inner.start(NEVER.pipe(finalize(throwing(new Error('child')))));
        yield* tamed.from(NEVER.pipe(finalize(throwing(new Error('body')))));
      }),
    );

    scope.cancel();

    expect((await errorsOf(scope)).map(String).sort()).toEqual(['Error: body', 'Error: child']);
  });

  it('is raised flat through two runs', async () => {
    const scope = new AsyncScope();
    const run = AsyncScope.run((outer) =>
      outer.start(AsyncScope.run((inner) => inner.start(NEVER.pipe(finalize(throwing(new Error('x'))))))),
    );
    scope.start(run);

    scope.cancel();

    expect((await errorsOf(scope)).map(String)).toEqual(['Error: x']);
  });

  it('is raised by the nearest scope alone', async () => {
    const error = new Error('teardown');
    const outer = new AsyncScope();
    outer.start(
      tamed(async () => {
        const inner = new AsyncScope();
        inner.start(NEVER.pipe(finalize(throwing(error))));
        inner.cancel();
        await inner.close().catch(() => undefined);
      })(),
    );

    await expectAsync(outer.close().then()).toBeResolved();
  });

  it('goes to RxJS where no scope waits, once', async () => {
    const error = new Error('teardown');
    const reported = await reportsOf(() => {
      tamed(() => NEVER.pipe(finalize(throwing(error))))()
        .subscribe()
        .unsubscribe();
    });

    expect(reported).toEqual([error]);
  });
});
