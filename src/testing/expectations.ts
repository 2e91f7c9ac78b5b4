import type { Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import { startStackAt } from '../execution/errors.ts';
import { draw, type Mark, type Row } from './diagram.ts';
import { isEqual } from './equal.ts';
import { Letters, type Values } from './letters.ts';
import { show } from './show.ts';

/** An expectation of a test. It is checked when everything has run. */
export abstract class Expectation {
  // Made where the test states the expectation, so that a failure points there.
  #place: Error | undefined;

  /** The differences, in lines; undefined if there are none. */
  abstract failure(): string[] | undefined;

  /** The caller of `entry` has stated the expectation. */
  said(entry: unknown): void {
    this.#place = startStackAt(new Error(), entry);
  }

  get ready(): boolean {
    return this.#place !== undefined;
  }

  get stack(): string {
    return this.#place?.stack?.replace(/^Error\n/, '') ?? '';
  }
}

/** One of which RxJS's scheduler records both sides. */
export abstract class Comparison extends Expectation {
  protected actual: unknown;
  protected expected: unknown;

  /** Both are lists, which the scheduler still adds to. */
  recorded(actual: unknown, expected: unknown): void {
    this.actual = actual;
    this.expected = expected;
  }
}

/** What the scheduler records of an Observable. */
interface Message {
  readonly frame: number;
  readonly notification: {
    readonly kind: 'N' | 'E' | 'C';
    readonly value?: unknown;
    readonly error?: unknown;
  };
}

/** The expected emissions of an Observable. */
export class ObservableExpectation extends Comparison {
  // Of `toEqual`, all of them are new.
  #letters = new Letters();
  // The letters of the diagram, in its order: the values alone would not distinguish two letters with one value.
  #written: string[] = [];

  /** To be called where {@link TestScheduler.run} is. */
  say(marbles: string, values: Values | undefined, entry: unknown): void {
    this.#letters = new Letters(values);
    this.#written = TestScheduler.parseMarbles(marbles, undefined, undefined, false, true).map(
      ({ notification }) => (notification.kind === 'N' ? String(notification.value) : ''),
    );
    this.said(entry);
  }

  failure(): string[] | undefined {
    const actual = this.actual as readonly Message[]; // So the scheduler records it.
    const expected = this.expected as readonly Message[];
    const first = [...actual, ...expected].findIndex((_, index) => !isEqual(actual[index], expected[index]));
    if (first === -1) {
      return undefined;
    }
    const frames = [actual, expected].flatMap((messages) => messages[first]?.frame ?? []);
    return [
      `An Observable does not emit what is expected. The first difference is at ${Math.min(...frames)} ms.`,
      '',
      ...indented(draw(this.#rows(actual, expected))),
      ...indented(['', ...this.#letters.legend(), ...errorsThatDiffer(actual, expected)]),
    ];
  }

  #rows(actual: readonly Message[], expected: readonly Message[]): Row[] {
    const letters = this.#letters;
    const wanted = expected.map((message, index) =>
      markOf(message, (value) => this.#written[index] ?? letters.letterOf(value, undefined)),
    );
    this.#written.filter((letter) => letter !== '').forEach((letter) => letters.valueOf(letter));
    const got = actual.map((message, index) =>
      markOf(message, (value) => letters.letterOf(value, wanted[index]?.sign)),
    );
    return [
      { label: 'expected', marks: wanted },
      { label: 'actual', marks: got },
    ];
  }
}

function markOf({ frame, notification }: Message, letterOf: (value: unknown) => string): Mark {
  const { kind, value } = notification;
  const end = kind === 'E' ? '#' : '|';
  return { frame, sign: kind === 'N' ? letterOf(value) : end };
}

/** A failure has one sign, whatever it is. */
function errorsThatDiffer(actual: readonly Message[], expected: readonly Message[]): string[] {
  const [got, wanted] = [actual, expected].map((messages) =>
    messages.find(({ notification }) => notification.kind === 'E'),
  );
  if (got === undefined || isEqual(got.notification.error, wanted?.notification.error)) {
    return [];
  }
  const expectation = wanted === undefined ? '' : `, and ${show(wanted.notification.error)} is expected`;
  return [`# = ${show(got.notification.error)}${expectation}`];
}

interface Log {
  readonly subscribedFrame: number;
  readonly unsubscribedFrame: number;
}

/** The expected times of subscriptions and their ends. */
export class SubscriptionExpectation extends Comparison {
  failure(): string[] | undefined {
    const actual = this.actual as readonly Log[]; // So the scheduler records it.
    const expected = this.expected as readonly Log[];
    if (isEqual(actual.map(marksOf), expected.map(marksOf))) {
      return undefined;
    }
    return [
      'Something is not subscribed as expected.',
      '',
      ...indented(draw([...rowsOf('expected', expected), ...rowsOf('actual', actual)])),
    ];
  }
}

function marksOf({ subscribedFrame, unsubscribedFrame }: Log): Mark[] {
  const end = { frame: unsubscribedFrame, sign: '!' };
  return [{ frame: subscribedFrame, sign: '^' }, ...(Number.isFinite(unsubscribedFrame) ? [end] : [])];
}

function rowsOf(label: string, logs: readonly Log[]): Row[] {
  return logs.length === 0 ? [{ label, marks: [] }] : logs.map((log) => ({ label, marks: marksOf(log) }));
}

/**
 * The expectations that a test can state about subscriptions.
 *
 * @example
 * ```ts
 * import { take } from 'rxjs';
 * import { runMarbles } from 'async-tamer/testing';
 *
 * runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
 *   const source = cold('-a-b-c|');
 *   expectObservable(source.pipe(take(2))).toBe('-a-(b|)');
 *   expectSubscriptions(source.subscriptions).toBe('^--!');
 * });
 * ```
 */
export interface SubscriptionAssertion {
  /** They begin at `^` and end at `!`, one diagram for each. */
  toBe(marbles: string | readonly string[]): void;
}

export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? line : `  ${line}`));
}

/**
 * The expectations that a test can state about an Observable.
 *
 * @example
 * ```ts
 * import { map } from 'rxjs';
 * import { runMarbles } from 'async-tamer/testing';
 *
 * runMarbles(({ cold, expectObservable }) => {
 *   const doubled = cold('a-b|', { a: 1, b: 2 }).pipe(map((n) => 2 * n));
 *   expectObservable(doubled).toBe('a-b|', { a: 2, b: 4 });
 *   expectObservable(doubled).toEqual(cold('a-b|', { a: 2, b: 4 }));
 * });
 * ```
 */
export interface ObservableAssertion<T> {
  /**
   * It emits as the diagram says. A letter that is not among `values` stands for itself. `#` is the failure `error`; the default
   * is 'error'.
   */
  toBe(marbles: string, values?: Readonly<Record<string, unknown>>, error?: unknown): void;
  /** It emits the same as another Observable, at the same times. */
  toEqual(other: Observable<T>): void;
}
