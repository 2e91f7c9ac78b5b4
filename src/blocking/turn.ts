import { BlockingError } from '../execution/errors.ts';
import { keepingAccount, unwrapCallbacks, wrapCallbacks, wrapCallbacksOf } from './callbacks.ts';
import { majorVersion, node, timers, type AsyncHook, type AsyncHooks, type NodeImmediate } from './node.ts';

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

// Whether a callback or a tick is being run from this file.
let turning = false;

/** Whether a `block()` is turning the event loop now, so that it runs whatever code runs. */
export function isTurning(): boolean {
  return turning;
}

/** Runs what waits in `process.nextTick` and the microtasks, even if some of it throws. */
export function tick(): void {
  // The attempts have a limit: what throws could schedule itself again, ahead of all microtasks, and so ahead of the report.
  for (let attempt = 0; attempt < MOST_TICKS_THAT_THROW && !returns(runTicks); attempt++);
}

function runTicks(): void {
  node?._tickCallback?.();
}

const MOST_TICKS_THAT_THROW = 100;

/** Runs `turns`, which calls `turn()`, and watches for errors that callbacks throw meanwhile. */
export function watching<R>(turns: () => R): R {
  callbacks ??= watchCallbacks();
  const outermost = watchers++ === 0;
  if (outermost) {
    callbacks?.enable();
  }
  try {
    return turns();
  } finally {
    watchers--;
    if (outermost) {
      callbacks?.disable();
      unwrapCallbacks();
      wrapped = false;
      made.length = 0;
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
  begun.length = 0;
  const returned = keepingAccount(() => returns(runLoop));
  if (returned && begun.length > 0) {
    const names = begun.map(({ resource }) => resource).join(', ');
    throwUncaught(new BlockingError(`A callback (${names}) threw ${LOST}`));
  }
}

// Wraps everything that has been made since the last turn, if Node reports that.
const made: object[] = [];
// All that was pending before has been wrapped.
let wrapped = false;

function guardCallbacks(): void {
  if (callbacks === undefined || !wrapped) {
    wrapCallbacks(guarded);
    wrapped = true;
  }
  made.splice(0).forEach((resource) => wrapCallbacksOf(resource, guarded));
}

/** Runs a callback of a request or a handle. */
function guarded(run: () => unknown): unknown {
  if (!turning) {
    return run();
  }
  let returned: unknown;
  returns(() => {
    returned = run();
  });
  return returned;
}

function runLoop(): void {
  addon?.loaded?.runLoopOnce();
}

/** Runs `callbacks`, and says whether it returned. An error that it throws is reported. */
function returns(callbacks: () => void): boolean {
  const outer = turning;
  turning = true;
  try {
    callbacks();
    return true;
  } catch (error) {
    throwUncaught(error);
    return false;
  } finally {
    turning = outer;
  }
}

/**
 * Makes an error that no code here waits for an uncaught exception. If the program has a handler for those, this happens at
 * once, since Node then also clears what it keeps of the callbacks on the stack. Otherwise it happens in the next tick, and so
 * before `block()` ends.
 */
export function throwUncaught(error: unknown): void {
  if (isExceptionHandled() && node?._fatalException?.(error, false) === true) {
    return;
  }
  queue(() => {
    throw error;
  });
}

function isExceptionHandled(): boolean {
  const listeners = node?.listenerCount?.('uncaughtException') ?? 0;
  return listeners > 0 || node?.hasUncaughtExceptionCaptureCallback?.() === true;
}

// Taken when this file is loaded, as `timers` in node.ts.
const queue = queueMicrotask;

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
  if (!turning) {
    this[CALLBACK](...args);
    return;
  }
  returns(() => this[CALLBACK](...args));
  tick(); // Otherwise Node would run the tick, with the same danger.
}

// Callbacks that have begun and have not ended.
const begun: { readonly id: number; readonly resource: string }[] = [];
let callbacks: AsyncHook | undefined;

function watchCallbacks(): AsyncHook | undefined {
  if (majorVersion < 22) {
    return undefined; // There the addon throws the error, also from a callback with a hook.
  }
  const hooks = node?.getBuiltinModule?.('node:async_hooks');
  const watch: AsyncHooks = {
    init(_id, type, _trigger, resource) {
      if (!OF_JAVASCRIPT.has(type)) {
        made.push(resource);
      }
    },
    before(id) {
      begun.push({ id, resource: hooks?.executionAsyncResource().constructor.name ?? '' });
    },
    after(id) {
      const index = begun.findLastIndex((callback) => callback.id === id);
      if (index >= 0) {
        begun.splice(index);
      }
    },
    trackPromises: false,
  };
  return hooks?.createHook(watch);
}

/** The objects of Node that have a function for a callback. */
const OF_JAVASCRIPT = new Set(['Timeout', 'Immediate', 'TickObject', 'Microtask', 'PROMISE']);

const LOST =
  'while block() turned the event loop of Node, which has lost the error. ' +
  'Catch errors inside the callback, or use "await" instead of block().';
