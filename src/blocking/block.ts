// The room `blocking`: waiting on the spot.
//
// It promises to the rooms above: `block()` returns, or refuses at once. It refuses before anything has run. It takes from
// `execution`: the execution that runs or waits, the current call, and the queue of what is ready.

import { asyncScheduler, queueScheduler, type Subscription } from 'rxjs';

import { enterLimited, type Limited } from './deadline.ts';
import { outsideCascade } from '../execution/cascade.ts';
import { enter } from '../execution/current-call.ts';
import { BlockingError, startStackAt } from '../execution/errors.ts';
import { isTurning, obstacle, throwUncaught, turnUntil } from './event-loop.ts';
import type { Need } from '../execution/need.ts';
import { place } from '../execution/stack.ts';
import { Execution, waitingExecution } from '../execution/execution.ts';
import { LastValue } from '../execution/last-value.ts';
import type { PendingAwait } from '../execution/pending-await.ts';
import { afterTime, outOfTime, timeoutError } from '../execution/time.ts';
import type { Sink } from '../execution/sink.ts';
import { enqueue, runReady, type Agenda, type Ready } from '../execution/queue.ts';

/** The thing that `block()` begins: an execution, or a wait for a result. */
export interface Blockable extends Need {
  /** It cannot settle before other code has had its turn, so `block()` may refuse before it is begun. */
  readonly asynchronous: boolean;
  begin(): void;
  /** Its name in messages, if it has one. */
  readonly what?: string | undefined;
  /** Stops waiting for the result. An execution is torn down instead. */
  drop?(): void;
}

/** A virtual clock, on which RxJS's timers run. */
export interface Clock {
  /** Runs what is due next, however late that is; false if nothing is due. */
  step(): boolean;
  /** A timer that was due threw an error for which no code here waits. */
  uncaught(error: unknown): void;
}

let clock: Clock | undefined;
// Whether the clock is running due timers.
let stepping = false;

/**
 * Makes `block()` advance `next` instead of turning the event loop. Returns the clock that was installed before; the caller
 * restores it.
 */
export function installClock(next: Clock | undefined): Clock | undefined {
  const before = clock;
  clock = next;
  return before;
}

/** Whether time is virtual here. */
export function isClockInstalled(): boolean {
  return clock !== undefined;
}

/**
 * Waits on the spot for what `open` opens: returns its last value, or throws its failure. It tries these ways in order: the
 * call settles synchronously, or its leaves are asked for their `sync`; the virtual clock is advanced; the event loop is
 * turned. If none of them works, what began is cancelled, and a `BlockingError` is thrown, whose stack begins at the caller of
 * `entry`.
 */
export function block<T>(
  open: (sink: Sink<T>, owner: Execution | undefined) => Blockable,
  entry: unknown,
  ms?: number,
): T {
  return new Block<T>(waitingExecution(), entry, ms).run(open);
}

/**
 * One `block()`. What it waits for belongs to the code that calls it, as with an `await`. A cancel of that code tears it down,
 * and `block()` throws the cancel when the cleanup is over.
 */
class Block<T> implements Sink<T>, PendingAwait, Agenda, Limited {
  readonly waiting = true;
  readonly blocks = true;
  readonly stands = true;
  readonly #owner: Execution | undefined;
  readonly #entry: unknown;
  readonly #last = new LastValue<T>();
  #blockable: Blockable | undefined;
  // How the awaited thing ended: returns its value or throws its failure.
  #outcome: (() => T) | undefined;
  // The code that blocks was told of its cancel before. It waits in its cleanup, so it may block as usual.
  readonly #unwinding: boolean;
  #ended = false;
  readonly #ms: number | undefined;
  deadline = Infinity;
  outer: Limited | undefined;
  // The time limit of the call, and after that of its cleanup.
  #timer: Subscription | undefined;
  // Time is out. The awaited call is cancelled, and cleans up.
  #expired = false;
  // Coroutines that can go on. They do so when the loop is at rest, so that their code may block as well.
  readonly #ready: Ready[] = [];

  constructor(owner: Execution | undefined, entry: unknown, ms: number | undefined) {
    this.#ms = ms;
    this.#owner = owner;
    this.#entry = entry;
    this.#unwinding = owner?.cancellation !== undefined && !owner.refuses();
  }

  run(open: (sink: Sink<T>, owner: Execution | undefined) => Blockable): T {
    runReady();
    this.outer = enterLimited(this);
    this.#limit();
    try {
      if (this.#owner?.refuses() !== true) {
        this.#begin(open(this, this.#owner));
      }
      if (!this.#isOver()) {
        this.#wait();
      }
    } catch (error) {
      this.#cancel();
      throw error;
    } finally {
      enterLimited(this.outer);
      this.#end();
    }
    return this.#outcome === undefined ? this.#tellOwner() : this.#outcome();
  }

  #limit(): void {
    const ms = this.#ms;
    if (ms !== undefined) {
      this.#timer = afterTime(ms, outOfTime(TITLE, ms), (error) => this.#expire(error));
      this.deadline = clock === undefined ? performance.now() + ms : Infinity; // A leaf advances the virtual clock by itself.
    }
  }

  get limited(): boolean {
    return this.#ms !== undefined && !this.#expired;
  }

  expire(): void {
    this.#expire(timeoutError(outOfTime(TITLE, this.#ms ?? 0)));
  }

  /** The call is cancelled, and its cleanup is waited for, but not for ever either. */
  #expire(error: Error): void {
    if (this.#outcome !== undefined) {
      return;
    }
    this.deadline = Infinity;
    this.#expired = true;
    this.#settle(() => {
      throw startStackAt(error, this.#entry);
    });
    this.#timer?.unsubscribe();
    this.#timer = afterTime(CLEANUP, '', () => (this.#expired = false));
    this.#cancel();
  }

  #tellOwner(): never {
    this.#owner?.markTold();
    throw this.#owner?.cancellation?.error as Error; // Over without an outcome: the owner is cancelled.
  }

  #begin(blockable: Blockable): void {
    this.#blockable = blockable; // Set first: a refusal ends it, too.
    if (blockable.asynchronous && clock === undefined) {
      this.#refuse(outside(obstacle), blockable);
    }
    if (blockable instanceof Execution) {
      blockable.blocking = this;
      blockable.ownContext();
    }
    this.#owner?.remember(this);
    blockable.begin();
  }

  #wait(): void {
    const refusal = outsideCascade(() => outside(() => this.#advance()));
    // Cancelled code gets its cancel, rather than the news that it cannot wait for its cleanup here.
    if (!this.#isInterrupted() && !this.#expired) {
      this.#refuse(refusal);
    }
  }

  #refuse(refusal: BlockingError | undefined, blockable?: Blockable): void {
    // The search for an obstacle has let other code have its turn, so a result may have settled.
    if (refusal !== undefined && blockable?.asynchronous !== false) {
      throw startStackAt(this.#owner?.drivesSteps === true ? inGenerator(refusal) : refusal, this.#entry);
    }
  }

  /** Advances time until the wait is over, or cannot go on. */
  #advance(): BlockingError | undefined {
    if (clock === undefined) {
      const refusal = obstacle();
      return this.#isOver()
        ? undefined
        : (refusal ??
            turnUntil(
              () => this.#work(),
              () => this.#isOver(),
            ));
    }
    while (!this.#isOver()) {
      if (!step(clock)) {
        return new BlockingError(NOTHING_DUE);
      }
      while (this.#work());
    }
    return undefined;
  }

  /** Lets everything go on that can; false if there was nothing. */
  #work(): boolean {
    const heldBack = runHeldBack();
    return this.#release() || heldBack;
  }

  #release(): boolean {
    if (this.#ready.length === 0) {
      return false;
    }
    this.#ready.splice(0).forEach((next) => enqueue(next));
    return true;
  }

  #isOver(): boolean {
    if (this.#expired && this.#blockable instanceof Execution) {
      return this.#blockable.isEnded();
    }
    return this.#outcome !== undefined || (this.#isInterrupted() && this.#owner?.held !== true);
  }

  #isInterrupted(): boolean {
    return this.#owner?.cancellation !== undefined && !this.#unwinding;
  }

  #cancel(): void {
    if (this.#blockable instanceof Execution) {
      this.#blockable.teardown();
    } else {
      this.#blockable?.drop?.();
    }
  }

  #end(): void {
    this.#owner?.forget(this);
    this.#ended = true;
    this.#timer?.unsubscribe();
    this.#release(); // From here on they need no `block()` to go on.
  }

  // As an agenda

  later(next: Ready): void {
    if ((isTurning() || stepping) && !this.#ended) {
      this.#ready.push(next);
    } else {
      enqueue(next);
    }
  }

  // As a sink

  next(value: T): void {
    this.#last.next(value);
  }

  error(error: unknown): void {
    this.#settle(() => {
      throw place(error, this.#entry);
    });
  }

  complete(): void {
    this.#last.settle(
      (value) => this.#settle(() => value),
      (error) => this.error(error),
      this.#blockable?.what,
    );
  }

  #settle(outcome: () => T): void {
    this.#owner?.forget(this);
    this.#outcome ??= outcome;
  }

  // As something that code awaits

  get need(): Need | undefined {
    return this.#blockable;
  }

  get inner(): Execution | undefined {
    return this.#blockable instanceof Execution ? this.#blockable : undefined;
  }

  drop(): void {
    this.#blockable?.drop?.();
  }

  reject(error: unknown): void {
    this.error(error);
  }
}

/** The same refusal for code that cannot use `await`: the advice says `yield*`. */
function inGenerator({ message, cause }: BlockingError): BlockingError {
  const advice = message.replace(/\b(use|or) "await"(?: or "yield\*")?/gi, '$1 "yield*"');
  return new BlockingError(advice, cause === undefined ? undefined : { cause });
}

/** Runs `fn` as the code of no call. Each piece of other code that `fn` lets run sets its own call. */
function outside<R>(fn: () => R): R {
  const outer = enter(undefined);
  try {
    return fn();
  } finally {
    enter(outer);
  }
}

const TITLE = 'What block() waits for';

/** How long a call may clean up after its time is out. */
const CLEANUP = 30_000;

const SCHEDULERS = [asyncScheduler, queueScheduler];

/**
 * RxJS's schedulers are not re-entrant. While one of their actions runs, they hold back every action that falls due. An action
 * that blocks would wait for these for ever, so they are run here, in RxJS's way.
 */
function runHeldBack(): boolean {
  let ran = false;
  for (const { actions } of SCHEDULERS) {
    for (let action = actions.shift(); action !== undefined; action = actions.shift()) {
      if (!running.has(action)) {
        ran = true;
        running.add(action);
        const error: unknown = action.execute(action.state, action.delay);
        running.delete(action);
        if (error !== undefined) {
          report(error);
        }
      }
    }
  }
  return ran;
}

function report(error: unknown): void {
  if (clock === undefined) {
    throwUncaught(error);
  } else {
    clock.uncaught(error);
  }
}

// Actions that run here. Their timers are intervals, so an action that blocks in turn falls due again.
const running = new Set<unknown>();

function step(on: Clock): boolean {
  const outer = stepping;
  stepping = true;
  try {
    return on.step();
  } finally {
    stepping = outer;
  }
}

const NOTHING_DUE =
  'Cannot block any longer: nothing is due on the virtual clock that could settle what is waited for. ' +
  'Native promises do not run on it: make the async function a coroutine (function*), or "await".';
