import { catchError, map, Observable, timer } from 'rxjs';

import {
  AsyncScope,
  CancelledError,
  type DelayedResult,
  ScopeError,
  sleep,
  tamed,
  within,
} from '../../src/index.ts';
import { runMarblesAsync } from '../../src/testing/index.ts';

const failure = new Error('Oh no!');

/** What fails after 5 ms, in each shape. */
const failing: Record<string, () => Observable<unknown>> = {
  'a generator': tamed(function* () {
    yield* sleep(5);
    throw failure;
  }),
  'an async function': tamed(async () => {
    await sleep(5);
    throw failure;
  }),
  'an async generator': tamed(async function* () {
    await sleep(5);
    yield 1;
    throw failure;
  }),
  'an Observable': () =>
    timer(5).pipe(
      map(() => {
        throw failure;
      }),
    ),
  'a run': () =>
    AsyncScope.run(function* () {
      yield* sleep(5);
      throw failure;
    }),
};

function inTime(test: () => unknown): () => Promise<void> {
  return () =>
    runMarblesAsync(async () => {
      await test();
    });
}

for (const [shape, fail] of Object.entries(failing)) {
  describe(`A scope whose child fails as ${shape}`, () => {
    it(
      'is cancelled, also if that child was the last thing it waited for',
      inTime(async () => {
        const scope = new AsyncScope();
        const signal = scope.signal;
        scope.start(fail());

        const raised: unknown = await scope.close().catch((error: unknown) => error);

        expect(raised).toBeInstanceOf(ScopeError);
        expect([scope.cancelled, signal.aborted, signal.reason, scope.closed]).toEqual([
          true,
          true,
          failure,
          true,
        ]);
      }),
    );

    it(
      'is cancelled when somebody has heard of the failure',
      inTime(async () => {
        const scope = new AsyncScope();
        const result = scope.start(fail());
        const closing = scope.close();

        await result.catch(() => undefined);
        await closing;

        expect([scope.cancelled, scope.signal.reason]).toEqual([true, failure]);
      }),
    );

    it(
      'refuses what is started later, quietly',
      inTime(async () => {
        const scope = new AsyncScope();
        scope.start(fail());
        await scope.close().catch(() => undefined);
        let ran = false;

        const late = scope.start(tamed(() => (ran = true))());

        expect([late.status, ran]).toEqual(['cancelled', false]);
      }),
    );

    it(
      'refuses, quietly, what an error handler starts before the cancel',
      inTime(async () => {
        const scope = new AsyncScope({ exitMode: 'raise' });
        const late: DelayedResult<unknown>[] = [];
        let ran = false;
        scope.start(fail()).subscribe({ error: () => late.push(scope.start(tamed(() => (ran = true))())) });
        await sleep(6);

        await scope.close();

        expect([late[0]?.status, ran]).toEqual(['cancelled', false]);
      }),
    );

    it(
      'refuses what a generator that waits for the failure starts, and what an observer of its events does',
      inTime(async () => {
        const scope = new AsyncScope();
        const ran: string[] = [];
        const note = tamed((name: string) => void ran.push(name));
        scope.events$.subscribe(({ type }) => type === 'error' && scope.start(note('observer')));
        const result = scope.start(fail());
        const handling = tamed(function* () {
          try {
            yield* result;
          } catch {
            scope.start(note('generator'));
            const nested = new AsyncScope({ parent: scope });
            nested.start(note('nested'));
            timer(0)
              .pipe(within(scope))
              .subscribe(() => ran.push('within'));
          }
        });
        scope.start(handling());

        await scope.close();

        expect(ran).toEqual([]);
      }),
    );
  });

  describe(`The failure of a child as ${shape}`, () => {
    it(
      'reaches all who wait, though the first of them fails with it',
      inTime(async () => {
        const scope = new AsyncScope();
        const result = scope.start(fail());
        const heard: unknown[] = [];
        const first = tamed(function* () {
          yield* result;
        });
        const second = tamed(async () => {
          await result.catch((error: unknown) => heard.push(error));
        });
        const third = tamed(function* () {
          try {
            yield* result;
          } catch (error) {
            heard.push(error);
          }
        });
        [first, second, third].forEach((waiter) => scope.start(waiter()));

        await scope.close().catch(() => undefined);

        expect(heard).toEqual([failure, failure]);
      }),
    );

    it(
      'reaches all who wait, though the handler of the first cancels the scope',
      inTime(async () => {
        const scope = new AsyncScope();
        const result = scope.start(fail());
        const heard: unknown[] = [];
        const hear = (error: unknown): void => void heard.push(error);
        result.subscribe({ error: () => scope.cancel() });
        scope.start(new Observable((subscriber) => result.subscribe({ error: hear }).add(subscriber)));
        scope.start(
          tamed(function* () {
            try {
              yield* result;
            } catch (error) {
              hear(error);
            }
          })(),
        );
        scope.start(
          tamed(async () => {
            await result.catch(hear);
          })(),
        );

        await scope.close().catch(() => undefined);

        expect(heard).toEqual([failure, failure, failure]);
      }),
    );

    it(
      'reaches the body of a run in second place',
      inTime(async () => {
        const heard: unknown[] = [];
        const run = AsyncScope.run(function* (scope) {
          const result = scope.start(fail());
          scope.start(
            tamed(function* () {
              yield* result;
            })(),
          );
          try {
            yield* result;
          } catch (error) {
            heard.push(error);
          }
        });

        await run.catch(() => undefined);

        expect(heard).toEqual([failure]);
      }),
    );

    it(
      'does not reach somebody who was cancelled first',
      inTime(async () => {
        const scope = new AsyncScope({ errorMode: 'continue' });
        const result = scope.start(fail());
        const other = new AsyncScope();
        const waiting = other.start(result);
        await sleep(1);
        other.cancel();

        const raised: unknown = await scope.close().catch((error: unknown) => error);

        expect(raised).toBeInstanceOf(ScopeError);
        await expectAsync(waiting).toBeRejectedWithError(CancelledError);
      }),
    );

    it(
      'cancels one who then waits for what the scope has refused, and that is no failure of its own',
      inTime(async () => {
        const scope = new AsyncScope();
        const result = scope.start(fail());
        const refused: DelayedResult<unknown>[] = [];
        const goesOn = scope.start(
          tamed(function* () {
            yield* tamed.from(result.pipe(catchError(() => [undefined])));
            const late = scope.start(sleep(1));
            refused.push(late);
            yield* late;
          })(),
        );

        const raised: unknown = await scope.close().catch((error: unknown) => error);

        expect([goesOn.status, ...refused.map(({ status }) => status)]).toEqual(['cancelled', 'cancelled']);
        expect(raised instanceof ScopeError ? raised.errors : []).toEqual([]);
      }),
    );
  });
}
