import fc from 'fast-check';
import {
  concat,
  EMPTY,
  finalize,
  map,
  NEVER,
  type MonoTypeOperatorFunction,
  type Observable,
  Subject,
  takeUntil,
  throwError,
  timer,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import { AsyncScope } from '../../src/index.ts';
import { isEqual } from '../../src/testing/equal.ts';

/** A source: values at their times, and an end. */
interface Source {
  readonly values: readonly { readonly after: number; readonly value: number }[];
  readonly end: 'complete' | 'error' | 'never';
}

interface Case {
  readonly sources: readonly Source[];
  /** Never at the very time of a value: which of two comes first at one time is nobody's promise. */
  readonly cancelAt: number;
}

const sources = fc.record({
  values: fc.array(fc.record({ after: fc.integer({ min: 0, max: 5 }), value: fc.nat(9) }), { maxLength: 5 }),
  end: fc.constantFrom('complete' as const, 'error' as const, 'never' as const),
});
const cases: fc.Arbitrary<Case> = fc.record({
  sources: fc.array(sources, { minLength: 1, maxLength: 4 }),
  cancelAt: fc.nat(30).map((time) => time + 0.5),
});

/** What somebody who watches sees: each notification with its time, and each teardown. */
type Log = string[];

/** Begins at `gate`, so that whoever watches is there before the first of its synchronous values. */
function observableOf({ values, end }: Source, gate: Observable<never>): Observable<number> {
  const steps = values.map(({ after, value }) => timer(after * 2).pipe(map(() => value)));
  const ends = { complete: EMPTY, error: throwError(() => new Error('end')), never: NEVER };
  return concat(gate, ...steps, ends[end]);
}

function torn(index: number, log: Log, now: () => number): MonoTypeOperatorFunction<number> {
  return finalize(() => log.push(`${now()} ${index} teardown`));
}

function observer(
  index: number,
  log: Log,
  now: () => number,
): Partial<Record<string, (value: unknown) => void>> {
  return {
    next: (value) => log.push(`${now()} ${index} next ${String(value)}`),
    error: (error) => log.push(`${now()} ${index} error ${(error as Error).message}`),
    complete: () => log.push(`${now()} ${index} complete`),
  };
}

/** Runs `program` on virtual time, and returns what it has logged. */
function logOf(program: (log: Log, now: () => number) => void): Log {
  const scheduler = new TestScheduler(() => undefined);
  const log: Log = [];
  scheduler.run(({ flush }) => {
    program(log, () => scheduler.now());
    flush();
  });
  return log;
}

function inScope({ sources: all, cancelAt }: Case): Log {
  return logOf((log, now) => {
    const scope = new AsyncScope({ errorMode: 'continue' });
    timer(cancelAt).subscribe(() => scope.cancel());
    all.forEach((source, index) => {
      const gate = new Subject<never>();
      const child = observableOf(source, gate).pipe(torn(index, log, now));
      scope.start(child).subscribe(observer(index, log, now));
      gate.complete();
    });
  });
}

function inRxJS({ sources: all, cancelAt }: Case): Log {
  return logOf((log, now) => {
    const cancelled = new Subject<void>();
    timer(cancelAt).subscribe(() => cancelled.next());
    all.forEach((source, index) => {
      const gate = new Subject<never>();
      const child = observableOf(source, gate).pipe(torn(index, log, now));
      child.pipe(takeUntil(cancelled)).subscribe(observer(index, log, now));
      gate.complete();
    });
  });
}

/**
 * In a scope all children are torn down before those who wait are told, so that nobody about to be cancelled hears of it
 * first; `takeUntil` goes from one to the next. Each source by itself sees the same, in the same order.
 */
function bySource(log: Log, count: number): Log[] {
  const of = (index: number): Log => log.filter((line) => line.split(' ')[1] === String(index));
  return Array.from({ length: count }, (_, index) => of(index));
}

/** At a cancel the two ends of one moment, the teardown and the word of it, come in either order. */
function atOneTime(log: Log): Log {
  const [last, before] = [log.at(-1), log.at(-2)]; // A cancel is the one thing that happens at half a frame.
  const both = last?.includes('.5 ') === true && before?.includes('.5 ') === true;
  return both ? [...log.slice(0, -2), ...log.slice(-2).sort()] : log;
}

describe('A scope with errorMode "continue"', () => {
  it('shows of each child what takeUntil() and finalize() show of the same source', () => {
    const sameToAll = fc.property(cases, (each) => {
      const count = each.sources.length;
      const actual = bySource(inScope(each), count).map(atOneTime);
      const expected = bySource(inRxJS(each), count).map(atOneTime);

      if (!isEqual(actual, expected)) {
        throw new Error(fc.stringify({ actual, expected }));
      }
    });

    const check = (): void => fc.assert(sameToAll, { numRuns: 300 });

    expect(check).not.toThrow();
  });
});
