import { firstValueFrom, mergeMap, Subject, take } from 'rxjs';

import { AsyncScope, type DelayedResult, tamed, within } from '../../src/index.ts';
import { errorOf, errorsOf, record } from '../support/outcome.ts';

const failure = new Error('Oh no!');

/** Waits for one value of a result, and no longer. */
const leaving: Record<string, (result: DelayedResult<string>) => PromiseLike<unknown>> = {
  'take(1)': (result) => firstValueFrom(result.pipe(take(1))),
  'firstValueFrom() of a call of it': (result) => firstValueFrom(tamed.from(result)),
  'firstValueFrom() of its Observable': (result) => firstValueFrom(result.asObservable()),
  'take(1) of a function that returns it': (result) => firstValueFrom(tamed(() => result)().pipe(take(1))),
  'an operator that subscribes to it': (result) =>
    firstValueFrom(tamed.from([1]).pipe(mergeMap(() => result))),
  'a pipeline within another scope': async (result) => {
    const other = new AsyncScope();
    await firstValueFrom(result.pipe(within(other), take(1)));
    await other.close();
  },
  'another scope that is cancelled by it': async (result) => {
    const other = new AsyncScope();
    other.values$.subscribe(() => other.cancel());
    other.start(result);
    await other.close();
  },
  'another scope, by a call, that is cancelled by it': async (result) => {
    const other = new AsyncScope();
    other.values$.subscribe(() => other.cancel());
    other.start(tamed(() => result)());
    await other.close();
  },
  'a "for await" with a break': async (result) => {
    for await (const value of result) {
      expect(value).toBe('value');
      break;
    }
  },
};

for (const [who, leave] of Object.entries(leaving)) {
  describe(`A failure of which ${who} hears nothing, since one value was enough,`, () => {
    it('is raised, if it was there before', async () => {
      const scope = new AsyncScope();
      const source = new Subject<string>();
      const result = scope.start(source);
      source.next('value');
      source.error(failure);

      await leave(result);

      expect(errorsOf(await errorOf(scope.close()))).toEqual([failure]);
    });

    it('is raised, if it comes later', async () => {
      const scope = new AsyncScope();
      const source = new Subject<string>();
      const result = scope.start(source);
      source.next('value');

      await leave(result);
      source.error(failure);

      expect(errorsOf(await errorOf(scope.close()))).toEqual([failure]);
    });
  });
}

describe('A result whose observer answers a value', () => {
  const answers: Record<
    string,
    { answer(source: Subject<number>, scope: AsyncScope): void; told: unknown[] }
  > = {
    'with the next one': { answer: (source) => source.next(2), told: [1, 2, 'complete'] },
    'with the end': { answer: (source) => source.complete(), told: [1, 'complete'] },
    'with the next one, and the end': {
      answer: (source) => {
        source.next(2);
        source.complete();
      },
      told: [1, 2, 'complete'],
    },
    'with a failure': { answer: (source) => source.error(failure), told: [1, { error: failure }] },
    'with a cancel': { answer: (_, scope) => scope.cancel(), told: [1, 'complete'] },
  };

  for (const [how, { answer, told }] of Object.entries(answers)) {
    it(`${how} tells all others everything, in the same order`, async () => {
      const scope = new AsyncScope();
      const source = new Subject<number>();
      const result = scope.start(source);
      let answered = false;
      const before = record(result);
      result.subscribe({
        next: () => {
          if (!answered) {
            answered = true;
            answer(source, scope);
          }
        },
        error: () => undefined,
      });
      const after = record(result);

      source.next(1);
      source.complete();
      await scope.close();

      expect(before).toEqual(told);
      expect(after).toEqual(told);
    });
  }

  it('tells it the next one, too, if it answers the value that is replayed', async () => {
    await using scope = new AsyncScope();
    const source = new Subject<number>();
    const result = scope.start(source);
    const told: number[] = [];
    source.next(1);

    result.subscribe((value) => {
      told.push(value);
      if (value < 3) {
        source.next(value + 1);
      }
    });
    source.complete();

    expect([told, result.value, await result]).toEqual([[1, 2, 3], 3, 3]);
  });

  it('replays a value that is not equal to itself once', async () => {
    await using scope = new AsyncScope();
    const source = new Subject<number>();
    const result = scope.start(source);
    source.next(NaN);

    const told = record(result);
    source.complete();

    expect(told).toEqual([NaN, 'complete']);
  });

  it('has one last value, whoever asks', async () => {
    await using scope = new AsyncScope();
    const source = new Subject<number>();
    const result = scope.start(source);
    result.subscribe((value) => {
      if (value === 1) {
        source.next(2);
      }
    });
    const waiting = result.then();
    const generator = scope.start(
      tamed(function* () {
        return yield* result;
      })(),
    );

    source.next(1);
    source.complete();

    expect([await waiting, await generator, await result, result.value]).toEqual([2, 2, 2, 2]);
  });
});
