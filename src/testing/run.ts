import type { Observable } from 'rxjs';
import type { RunHelpers } from 'rxjs/testing';

import { installClock } from '../blocking/block.ts';
import { abandonUntold } from '../execution/abandon.ts';
import { Cancellation } from '../execution/cancellation.ts';
import { noScope, quote, startStackAt } from '../execution/errors.ts';
import type { Execution } from '../execution/execution.ts';
import type { Lifetime } from '../scope/lifetime.ts';
import { AsyncScope, lifetimeOf, type AsyncScopeOptions } from '../scope/scope.ts';
import { EndlessError, VirtualClock } from './clock.ts';
import {
  ObservableExpectation,
  SubscriptionExpectation,
  type Comparison,
  type Expectation,
  type ObservableAssertion,
  type SubscriptionAssertion,
} from './expectations.ts';
import { complaintsOf, failureOf, type Complaint } from './failure.ts';
import type { Values } from './letters.ts';
import { leftOpen, lost, allRunning, waitsForPromise } from './leftovers.ts';
import { runAtOnce } from './reentrant.ts';
import { listen, strike, type NamedScope, type RollListener } from './roll.ts';
import { LineExpectation, RowsExpectation, type EventPattern } from './scope-expectation.ts';
import { ScopeRecord } from './scope-record.ts';

/**
 * The expectations that a test can state about a scope.
 *
 * @example
 * ```ts
 * import { sleep } from 'async-tamer';
 * import { runMarbles } from 'async-tamer/testing';
 *
 * runMarbles(({ scope, expectScope }) => {
 *   const page = scope();
 *   page.start(sleep(3));
 *   page.close();
 *   expectScope(page).toBe(`
 *     sleep  ^--(a|)
 *     scope  ---|
 *   `, { a: undefined });
 * });
 * ```
 */
export interface ScopeAssertion {
  /**
   * It lives as the diagram says: a row for each child, in the order of their start, under its name (`#1` if it has none), and
   * the row `scope` for the scope itself.
   *
   * In the row of a child, `^` starts, a letter is a value, `|` completes, `#` fails (with `error`; the default is 'error'), `!`
   * is cancelled, `~` passes while it cleans up, `.` has cleaned up, `:` waits for its turn, `?` is let go. The scope itself is
   * cancelled with `!`, and closes with `|`, or with `#` if its close fails.
   */
  toBe(diagram: string, values?: Values, error?: unknown): void;
  /**
   * It reports these events, each a letter, in one line that ends with its close. A property that a pattern leaves out may have
   * any value.
   */
  toTell(line: string, events: Readonly<Record<string, EventPattern>>): void;
}

/**
 * The tools that both kinds of runs give to a test.
 *
 * @example
 * ```ts
 * import { runMarbles, runMarblesAsync, type CommonHelpers } from 'async-tamer/testing';
 *
 * function emitsOnce({ cold, expectObservable }: CommonHelpers) {
 *   expectObservable(cold('--a|')).toBe('--a|');
 * }
 * runMarbles(emitsOnce);
 * await runMarblesAsync(emitsOnce);
 * ```
 */
export interface CommonHelpers extends Pick<RunHelpers, 'cold' | 'hot' | 'time' | 'animate'> {
  /** The emissions of an Observable. It is subscribed at once, or as the subscription diagram says. */
  expectObservable: <T>(observable: Observable<T>, subscription?: string) => ObservableAssertion<T>;
  /** The times at which a cold or hot Observable was subscribed: its `subscriptions`. */
  expectSubscriptions: (subscriptions: Subscriptions) => SubscriptionAssertion;
  /** The life of a scope that was made in this run, by any code. */
  expectScope: (scope: AsyncScope) => ScopeAssertion;
  /** Makes a scope that must be closed or cancelled when the run ends. Otherwise the test fails. */
  scope: (options?: AsyncScopeOptions) => AsyncScope;
}

type Subscriptions = Parameters<RunHelpers['expectSubscriptions']>[0];

/** Asks the scheduler's own helpers, as they are in run mode. */
export type Rx = <R>(ask: (helpers: RunHelpers) => R) => R;

// The clock of the run that is under way. There is one clock for all.
let underWay: VirtualClock | undefined;

export function currentClock(): VirtualClock | undefined {
  return underWay;
}

/** One run of a test in virtual time: what it has made and what it expects. */
export class Run implements RollListener {
  readonly clock = new VirtualClock(
    (actual, expected) => this.#recorded(actual, expected),
    (error) => this.#isExpected(error),
  );
  /** What the scheduler compares, as it knows it, in its order. */
  readonly #comparisons: Comparison[] = [];
  #expectations: Expectation[] = [];
  #checked = 0;
  readonly #calls: Execution[] = [];
  readonly #records = new Map<Lifetime, ScopeRecord>();
  readonly #own = new Set<Lifetime>();
  readonly #entry: unknown;
  readonly #stopListening: () => void;
  readonly #holdBack: () => void;
  readonly #outerClock: ReturnType<typeof installClock>;

  /** Throws if another run is under way, since there is one clock for all. `entry` is the function that the test has called. */
  constructor(entry: (...args: never[]) => unknown) {
    if (underWay !== undefined) {
      throw startStackAt(
        new Error(`${entry.name}() cannot begin while another run is under way. Let that end first.`),
        entry,
      );
    }
    underWay = this.clock;
    this.#entry = entry;
    this.#holdBack = runAtOnce(this.clock);
    this.#stopListening = listen(this);
    this.#outerClock = installClock(this.clock);
  }

  end(): void {
    underWay = undefined;
    this.#stopListening();
    this.#holdBack();
    installClock(this.#outerClock);
    strike([...this.#calls, ...this.#records.keys()]);
  }

  // What begins in it

  began(call: Execution): void {
    this.#calls.push(call);
  }

  opened(scope: NamedScope): void {
    this.#records.set(scope.lifetime, new ScopeRecord(scope, () => this.clock.frame));
  }

  // What the test asks for. Each as in run mode, of whose helpers `rx` gets one.

  helpers(rx: Rx): CommonHelpers {
    return {
      cold: (...args) => {
        checkDiagram('cold()', args[0], undefined);
        return rx(({ cold }) => cold(...args));
      },
      hot: (...args) => {
        checkDiagram('hot()', args[0], undefined);
        return rx(({ hot }) => hot(...args));
      },
      time: (marbles) => {
        checkDiagram('time()', marbles, undefined);
        return rx(({ time }) => time(marbles));
      },
      animate: (marbles) => {
        checkDiagram('animate()', marbles, undefined);
        rx(({ animate }) => animate(marbles));
      },
      expectObservable: (observable, subscription) => this.#expectObservable(observable, subscription, rx),
      expectSubscriptions: (subscriptions) => this.#expectSubscriptions(subscriptions, rx),
      expectScope: (scope) => this.#expectScope(this.#recordOf(scope), rx),
      scope: (options) => {
        const scope = new AsyncScope(options);
        this.#own.add(lifetimeOf(scope));
        return scope;
      },
    };
  }

  #expectObservable<T>(
    observable: Observable<T>,
    subscription: string | undefined,
    rx: Rx,
  ): ObservableAssertion<T> {
    checkObservable('expectObservable()', observable, undefined);
    if (subscription !== undefined) {
      checkDiagram('expectObservable()', subscription, undefined);
    }
    const inner = rx(({ expectObservable }) => expectObservable(observable, subscription));
    const assertion: ObservableAssertion<T> = {
      toBe: (marbles, values, error) =>
        rx(() => {
          checkDiagram('toBe()', marbles, assertion.toBe);
          inner.toBe(marbles, values, error);
          expectation.say(marbles, values, assertion.toBe);
        }),
      toEqual: (other) => {
        checkObservable('toEqual()', other, assertion.toEqual);
        inner.toEqual(other);
        expectation.said(assertion.toEqual);
      },
    };
    const expectation = this.#compare(new ObservableExpectation());
    return assertion;
  }

  #expectSubscriptions(subscriptions: Subscriptions, rx: Rx): SubscriptionAssertion {
    if (!Array.isArray(subscriptions)) {
      throw new TypeError(
        `expectSubscriptions() takes the "subscriptions" of a cold or hot Observable, but got ${quote(subscriptions)}.`,
      );
    }
    const inner = rx(({ expectSubscriptions }) => expectSubscriptions(subscriptions));
    const assertion: SubscriptionAssertion = {
      toBe: (marbles) =>
        rx(() => {
          const all = Array.isArray(marbles) ? (marbles as readonly string[]) : [marbles];
          all.forEach((each) => checkDiagram('toBe()', each, assertion.toBe));
          inner.toBe(typeof marbles === 'string' ? marbles : [...marbles]);
          expectation.said(assertion.toBe);
        }),
    };
    const expectation = this.#compare(new SubscriptionExpectation());
    return assertion;
  }

  #compare<C extends Comparison>(comparison: C): C {
    this.#comparisons.push(comparison);
    this.#expectations.push(comparison);
    return comparison;
  }

  /** The scheduler hands over those that have said what they expect, in the order in which they were made. */
  #recorded(actual: unknown, expected: unknown): void {
    const next = this.#comparisons.findIndex(({ ready }) => ready);
    this.#comparisons.splice(next, 1)[0]?.recorded(actual, expected);
  }

  #recordOf(scope: AsyncScope): ScopeRecord {
    if (!((scope as unknown) instanceof AsyncScope)) {
      throw noScope('expectScope() takes', scope);
    }
    const record = this.#records.get(lifetimeOf(scope));
    if (record === undefined) {
      throw new TypeError('expectScope() knows only scopes that were made in this run. Make it in there.');
    }
    return record;
  }

  #expectScope(record: ScopeRecord, rx: Rx): ScopeAssertion {
    const assertion: ScopeAssertion = {
      toBe: (diagram, values, error = 'error') =>
        rx(() => {
          checkDiagram('toBe()', diagram, assertion.toBe);
          this.#expectations.push(new RowsExpectation(record, diagram, values, error, assertion.toBe));
        }),
      toTell: (line, events) =>
        rx(() => {
          checkDiagram('toTell()', line, assertion.toTell);
          this.#expectations.push(new LineExpectation(record, line, events, assertion.toTell));
        }),
    };
    return assertion;
  }

  #isExpected(error: unknown): boolean {
    return [...this.#records.values()].some(
      ({ failureExpected, raised }) => failureExpected && raised !== undefined && raised === error,
    );
  }

  // The end

  /** The reason of the failure, if code threw `error`: an uncaught error that a timer threw before may have caused it. */
  reasonFor(error: unknown): unknown {
    const reason = this.clock.threw === undefined ? error : this.clock.threw.error;
    return reason instanceof EndlessError
      ? this.fail([
          {
            lines: [
              reason.message,
              ...allRunning(this.#calls, this.#scopes).map(({ words }) => `  ${words}`),
            ],
          },
        ])
      : reason;
  }

  /** Throws if an expectation does not hold. Each expectation is checked once. */
  check(): void {
    const ready = this.#expectations.filter((each) => each.ready);
    this.#expectations = this.#expectations.filter((each) => !each.ready);
    this.#checked += ready.length;
    const complaints = complaintsOf(ready);
    if (complaints.length > 0) {
      throw this.fail(complaints);
    }
  }

  /** Throws if anything is wrong now that everything has run. `advice` says what to do about promises. */
  verify(advice: string): void {
    const waiting = waitsForPromise(this.#calls, this.#scopes, advice);
    if (waiting.length > 0) {
      throw this.fail([{ lines: waiting }]); // Their diagrams are wrong only because of that.
    }
    const ready = this.#expectations.filter((each) => each.ready);
    this.#checked += ready.length;
    const open = [...this.#records.values()].map(({ scope }) =>
      leftOpen(scope, this.#own.has(scope.lifetime)),
    );
    const [losses, cause] = this.#losses();
    const lines = [...open.flat(), ...losses];
    const complaints: Complaint[] = [...complaintsOf(ready), ...(lines.length > 0 ? [{ lines }] : [])];
    if (complaints.length > 0) {
      throw this.fail(complaints, cause);
    }
    countForJasmine(this.#checked);
  }

  #losses(): [lines: string[], cause: unknown] {
    const all = [...this.#records.values()].map(({ scope, failureExpected }) => {
      const errors = scope.lifetime.takeFailures();
      return { scope, errors: failureExpected ? [] : errors };
    });
    return [all.flatMap(({ scope, errors }) => lost(scope, errors)), all.flatMap(({ errors }) => errors)[0]];
  }

  /** One error for all faults. If none of them has a place of its own, its stack begins at the call of the run. */
  fail(complaints: readonly Complaint[], cause?: unknown): Error {
    return failureOf(complaints, this.#entry, cause);
  }

  get #scopes(): NamedScope[] {
    return [...this.#records.values()].map(({ scope }) => scope);
  }

  /** After a failure: whatever still runs must not run on into other tests. */
  abandon(): void {
    for (const lifetime of this.#records.keys()) {
      lifetime.stop(new Cancellation());
      lifetime.takeFailures();
    }
    this.#calls.forEach((call) => call.teardown());
    abandonUntold(); // Otherwise the clock would run to the end of their time for cleanup.
    for (let step = 0; step < CLEANUP_STEPS && this.clock.step(); step++);
  }
}

const CLEANUP_STEPS = 10_000;

/** Jasmine warns of a test without an expectation of its own kind; what was checked here is one. */
function countForJasmine(checked: number): void {
  const { jasmine, expect } = globalThis as { jasmine?: unknown; expect?: () => { nothing?(): void } };
  if (checked > 0 && jasmine !== undefined) {
    expect?.().nothing?.();
  }
}

/** Throws a `TypeError` unless a test is a function. */
export function checkBody(body: unknown, entry: (...args: never[]) => unknown): void {
  if (typeof body !== 'function') {
    throw startStackAt(new TypeError(`${entry.name}() takes a function, but got ${quote(body)}.`), entry);
  }
}

function checkObservable(where: string, value: unknown, entry: unknown): void {
  if (typeof (Object(value) as { subscribe?: unknown }).subscribe !== 'function') {
    throw startStackAt(new TypeError(`${where} takes an Observable, but got ${quote(value)}.`), entry);
  }
}

function checkDiagram(where: string, diagram: unknown, entry: unknown): void {
  if (typeof diagram !== 'string') {
    throw startStackAt(
      new TypeError(`${where} takes a diagram, which is a string, but got ${quote(diagram)}.`),
      entry,
    );
  }
}
