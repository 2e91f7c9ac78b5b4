import { node, timers, type NodeImmediate } from './node.ts';
import { isThread } from './thread.ts';
import { tick } from './tick.ts';
import { isTurning, returns } from './uncaught.ts';

// Node aborts if an immediate throws while block() turns the loop. So each immediate is wrapped before it runs.

// Immediates run last in a turn. So all that begin in a turn are known when the sentinel runs, which is the first of them. The
// sentinel neither keeps the loop alive nor keeps it from sleeping. Older immediates stand in front of it.
let sentinel: NodeImmediate | undefined;

/** Guards the immediates before a turn. */
export function guardImmediates(): void {
  if (timers === undefined || sentinel !== undefined) {
    return;
  }
  const own = timers.setImmediate(() => {
    sentinel = undefined;
    for (let next = own._idleNext; next; next = next._idleNext) {
      guardImmediate(next);
    }
  });
  // Node keeps the loop from sleeping while it runs immediates, and a tick after the last of them may block. This ends that,
  // too.
  own.unref();
  for (let next = own._idlePrev; next; next = next._idlePrev) {
    guardImmediate(next);
  }
  sentinel = own;
  if (isThread()) {
    timers.clearImmediate(own); // A hook tells of the others, and no code should run among the immediates: see `take`.
  }
}

/** Lets immediates be as they were. */
export function unguardImmediates(): void {
  if (sentinel !== undefined) {
    timers?.clearImmediate(sentinel);
    sentinel = undefined;
  }
}

/** Guards one immediate. */
export function guardImmediate(immediate: Pick<NodeImmediate, '_onImmediate'>): void {
  const { _onImmediate: callback } = immediate;
  if (callback !== runGuarded && typeof callback === 'function') {
    (immediate as GuardedImmediate)[CALLBACK] = callback;
    immediate._onImmediate = runGuarded;
  }
}

/** The callback of an immediate before it was guarded. */
const CALLBACK = Symbol('callback');

interface GuardedImmediate extends NodeImmediate {
  [CALLBACK](...args: unknown[]): void;
}

/** Takes the place of the callback of an immediate. */
function runGuarded(this: GuardedImmediate, ...args: unknown[]): void {
  if (!isTurning()) {
    this[CALLBACK](...args);
    return;
  }
  if (isThread()) {
    take(this, () => this[CALLBACK](...args));
    return;
  }
  returns(() => this[CALLBACK](...args));
  tick(); // Otherwise Node would run the tick, with the same danger.
}

const RUNS = '_onImmediate';
const DESTROYED = '_destroyed';

// What a thread runs when the turn is over.
const taken: (() => void)[] = [];

/**
 * Node aborts the process if a thread is ended while Node runs immediates in a turn: nobody can catch that. So as little as
 * possible runs there, and the code of the program afterwards.
 */
function take(immediate: NodeImmediate, run: () => void): void {
  const hooks = node?.getBuiltinModule?.('node:async_hooks');
  const context = hooks && new hooks.AsyncResource('Immediate');
  // Code that runs before it may clear it. For Node it has run, so clearImmediate() does nothing but look at these.
  let cleared = false;
  const looked = { configurable: true, set() {} };
  Object.defineProperties(immediate, {
    [RUNS]: { ...looked, get: () => ((cleared = true), null) },
    [DESTROYED]: { ...looked, get: () => (cleared = true) },
  });
  taken.push(() => {
    if (!cleared) {
      Object.defineProperties(immediate, {
        [RUNS]: { value: null, writable: true },
        [DESTROYED]: { value: true, writable: true },
      });
      context?.runInAsyncScope(run);
    }
  });
}

/** Runs the immediates of the turn that is over. */
export function runImmediates(): void {
  for (let next = taken.shift(); next !== undefined; next = taken.shift()) {
    returns(next);
    tick();
  }
}
