// The room `blocking`: waiting on the spot.
//
// It promises to the rooms above: `block()` returns, or refuses at once. It refuses before anything has run. It takes from
// `execution`: the execution that runs or waits, the current call, and the queue of what is ready.

import { Subscription } from 'rxjs';

import { enterLimited, type Limited } from './deadline.ts';
import { outsideCascade } from '../execution/cascade.ts';
import { enter } from '../execution/current-call.ts';
import { BlockingError, startStackAt } from '../execution/errors.ts';
import { isTurning, obstacle, throwUncaught, turnUntil } from './event-loop.ts';
import { keepingContexts, runHeldBack } from './held-back.ts';
import type { Need } from '../execution/need.ts';
import { place } from '../execution/stack.ts';
import { Execution, waitingExecution } from '../execution/execution.ts';
import { LastValue } from '../execution/last-value.ts';
import type { PendingAwait } from '../execution/owned.ts';
import { afterTime, outOfTime, timeoutError } from '../execution/time.ts';
import type { Sink } from '../execution/sink.ts';
import {
  begins,
  cancels,
  enqueue,
  runReady,
  type Agenda,
  type Foreseeable,
  type Ready,
} from '../execution/queue.ts';

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
  const it = new Block<T>(waitingExecution(), entry, ms);
  return cancels.outside(() => begins.outside(() => it.run(open)));
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
  // Time is out, or has come to a standstill. The awaited call is cancelled, and cleans up.
  #expired = false;
  // Why it cannot wait, where that was found before anything asynchronous has begun; or that it can.
  #refusal: BlockingError | undefined;
  #advances = false;
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
    this.#timer = afterCleanup(() => (this.#expired = false));
    this.#cancel();
  }

  #tellOwner(): never {
    this.#owner?.markTold();
    throw this.#owner?.cancellation?.error as Error; // Over without an outcome: the owner is cancelled.
  }

  #begin(blockable: Blockable): void {
    this.#blockable = blockable; // Set first: a refusal ends it, too.
    this.foresee(blockable);
    if (this.#refusal !== undefined || this.#isInterrupted()) {
      return; // Other code has had its turn, and may have cancelled the owner.
    }
    if (blockable instanceof Execution) {
      blockable.blocking = this;
      blockable.ownContext();
    }
    this.#owner?.remember(this);
    blockable.begin();
  }

  #wait(): void {
    const refusal = this.#refusal ?? this.#goOn();
    // Cancelled code gets its cancel, rather than the news that it cannot wait for its cleanup here.
    if (refusal === undefined || this.#isInterrupted() || this.#expired) {
      return;
    }
    const told = this.#owner?.drivesSteps === true ? inGenerator(refusal) : refusal;
    if (!this.#advances) {
      throw startStackAt(told, this.#entry);
    }
    this.#expire(told); // What it waits for will not come, but its cleanup may.
    this.#goOn();
  }

  #goOn(): BlockingError | undefined {
    return outsideCascade(() => outside(() => keepingContexts(() => this.#advance())));
  }

  /** Advances time until the wait is over, or cannot go on. */
  #advance(): BlockingError | undefined {
    if (clock === undefined) {
      const refusal = this.#advances ? undefined : obstacle(); // Looked for once: it takes the whole stack.
      if (this.#isOver()) {
        return undefined;
      }
      if (refusal !== undefined) {
        return refusal;
      }
      this.#advances = true;
      return turnUntil(
        () => this.#work(),
        () => this.#isOver(),
      );
    }
    this.#advances = true;
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
    const heldBack = runHeldBack(report);
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

  foresee(wait: Foreseeable): void {
    const settled = this.#ended || this.#advances || this.#expired || this.#refusal !== undefined;
    if (settled || clock !== undefined || !isAsynchronous(wait)) {
      return;
    }
    const refusal = outsideCascade(() => outside(obstacle));
    if (refusal === undefined) {
      this.#advances = true;
    } else if (isAsynchronous(wait) && !this.#isOver()) {
      // Asked again: the search for an obstacle has let other code have its turn, so a result may have settled.
      this.#refusal = refusal;
      this.#cancel();
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

function isAsynchronous({ asynchronous }: Foreseeable): boolean {
  return asynchronous === true;
}

const TITLE = 'What block() waits for';

/** How long a call may clean up after its time is out. */
const CLEANUP = 30_000;

/** The limit of a cleanup does not keep the loop alive: a cleanup that has come to a standstill is not waited for. */
function afterCleanup(end: () => void): Subscription {
  if (clock !== undefined) {
    return afterTime(CLEANUP, '', end);
  }
  const timer = setTimeout(end, CLEANUP) as unknown as { unref?(): void };
  timer.unref?.();
  return new Subscription(() => clearTimeout(timer as unknown as number));
}

function report(error: unknown): void {
  if (clock === undefined) {
    throwUncaught(error);
  } else {
    clock.uncaught(error);
  }
}

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
