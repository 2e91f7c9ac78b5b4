import { BlockingError } from '../execution/errors.ts';
import { node, timers, type NodeImmediate } from './node.ts';
import { keepingAccount } from './trampoline.ts';
import { endingLater, endWithThread, isTurning, returns, throwUncaught } from './uncaught.ts';
import { guardCallbacks, lostErrors, startWatching, stopWatching } from './watch.ts';

// Node runs its callbacks with no JavaScript below them on the stack, so what they throw becomes an uncaught exception. Here
// block() is below them. What that means differs from callback to callback:
//
//   timers, microtasks    Node reports the error, as ever
//   ticks                 Node's function that runs the ticks throws the error, and leaves the other ticks
//   immediates            Node aborts, so each immediate is wrapped before it runs
//   I/O, signals, …       on Node 20 the addon throws the error; from Node 22 on the error is lost, and only the missing end of
//                         the callback shows that there was one

/** The addon. It runs a tick and then one turn of the event loop, which sleeps in the kernel while there is nothing to do. */
interface Addon {
  runLoopOnce(): void;
}

/** The package that contains the addon. */
export const ADDON = '@se-oss/deasync';

let addon: { readonly loaded?: Addon; readonly error?: unknown } | undefined;

/** Loads the addon at the first use. It is not imported, since everything else works without it. */
export function loadAddon(): { readonly loaded: boolean; readonly error?: unknown } {
  addon ??= load();
  return { loaded: addon.loaded !== undefined && node?._tickCallback !== undefined, error: addon.error };
}

function load(): { readonly loaded?: Addon; readonly error?: unknown } {
  try {
    const require = node?.getBuiltinModule?.('node:module').createRequire(import.meta.url);
    return { loaded: require?.(ADDON) as Addon }; // Only runLoopOnce is used.
  } catch (error) {
    return { error };
  }
}

/** Runs what waits in `process.nextTick` and the microtasks, even if some of it throws. */
export function tick(): void {
  // The attempts have a limit: what throws could schedule itself again, ahead of all microtasks, and so ahead of the report.
  for (let attempt = 0; attempt < MOST_TICKS_THAT_THROW && !returns(runTicks); attempt++);
  endWithThread();
}

function runTicks(): void {
  node?._tickCallback?.();
}

const MOST_TICKS_THAT_THROW = 100;

/** Runs `turns`, which calls `turn()`, and watches for errors that callbacks throw meanwhile. */
export function watching<R>(turns: () => R): R {
  const outermost = watchers++ === 0;
  if (outermost) {
    startWatching();
  }
  try {
    return turns();
  } finally {
    watchers--;
    if (outermost) {
      stopWatching();
    }
    if (sentinel !== undefined) {
      timers?.clearImmediate(sentinel);
      sentinel = undefined;
    }
  }
}

// One block() may be inside another, between two turns of the outer one.
let watchers = 0;

/** Turns the event loop once. */
export function turn(): void {
  guardImmediates();
  guardCallbacks();
  const returned = endingLater(() => keepingAccount(() => returns(runLoop)));
  const lost = lostErrors();
  if (returned && lost.length > 0) {
    throwUncaught(new BlockingError(`A callback (${lost.join(', ')}) threw ${LOST}`));
  }
}

function runLoop(): void {
  addon?.loaded?.runLoopOnce();
}

// Immediates run last in a turn. So all that begin in a turn are known when the sentinel runs, which is the first of them. The
// sentinel neither keeps the loop alive nor keeps it from sleeping. Older immediates stand in front of it.
let sentinel: NodeImmediate | undefined;

function guardImmediates(): void {
  if (timers === undefined || sentinel !== undefined) {
    return;
  }
  const own = timers.setImmediate(() => {
    sentinel = undefined;
    for (let next = own._idleNext; next; next = next._idleNext) {
      guard(next);
    }
  });
  // Node keeps the loop from sleeping while it runs immediates, and a tick after the last of them may block. This ends that,
  // too.
  own.unref();
  for (let next = own._idlePrev; next; next = next._idlePrev) {
    guard(next);
  }
  sentinel = own;
}

function guard(immediate: NodeImmediate): void {
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
  returns(() => this[CALLBACK](...args));
  tick(); // Otherwise Node would run the tick, with the same danger.
}

const LOST =
  'while block() turned the event loop of Node, which has lost the error. ' +
  'Catch errors inside the callback, or use "await" instead of block().';
