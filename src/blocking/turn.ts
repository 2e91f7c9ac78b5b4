import { BlockingError } from '../execution/errors.ts';
import { majorVersion, node, timers, type AsyncHook, type AsyncHooks, type NodeImmediate } from './node.ts';

// Node runs its callbacks with nothing of JavaScript under them, and so does what they throw come to be uncaught. Here block()
// is under them. What that means differs from callback to callback:
//
//   timers, microtasks    Node reports what they throw, as ever
//   ticks                 it comes out of Node's function that runs them, which leaves off there
//   immediates            Node aborts, so each is wrapped before it runs
//   I/O, signals, …       it comes out of the addon on Node 20, and is lost from Node 22 on, which can only be told by the end
//                         of the callback that is missing

/** The addon: a tick, and then one turn of the event loop, asleep in the kernel while there is nothing to do. */
interface Addon {
  runLoopOnce(): void;
}

/** The package with the addon. */
export const ADDON = '@se-oss/deasync';

let addon: { readonly loaded?: Addon; readonly error?: unknown } | undefined;

/** Loads the addon when it is first needed; not by an import, since everything else works without it. */
export function loadAddon(): { readonly loaded: boolean; readonly error?: unknown } {
  addon ??= load();
  return { loaded: addon.loaded !== undefined && node?._tickCallback !== undefined, error: addon.error };
}

function load(): { readonly loaded?: Addon; readonly error?: unknown } {
  try {
    const require = node?.getBuiltinModule?.('node:module').createRequire(import.meta.url);
    return { loaded: require?.(ADDON) as Addon }; // Of which runLoopOnce is all that is used.
  } catch (error) {
    return { error };
  }
}

// A callback, or a tick, is run from here.
let turning = false;

/** Whether a `block()` is turning the event loop just now, so that what runs is run by it. */
export function isTurning(): boolean {
  return turning;
}

/** Runs what waits in `process.nextTick` and the microtasks, though one of them throws. */
export function tick(): void {
  // Not for ever: what throws could bring itself back, ahead of all microtasks, and so of the report.
  for (let attempt = 0; attempt < MOST_TICKS_THAT_THROW && !returns(runTicks); attempt++);
}

function runTicks(): void {
  node?._tickCallback?.();
}

const MOST_TICKS_THAT_THROW = 100;

/** Runs `turns`, which calls `turn()`, with an eye on what callbacks throw meanwhile. */
export function watching<R>(turns: () => R): R {
  callbacks ??= watchCallbacks();
  if (watchers++ === 0) {
    callbacks?.enable();
  }
  try {
    return turns();
  } finally {
    if (--watchers === 0) {
      callbacks?.disable();
    }
    if (sentinel !== undefined) {
      timers?.clearImmediate(sentinel);
      sentinel = undefined;
    }
  }
}

// One block() may be inside another's, between two turns of that.
let watchers = 0;

/** Turns the event loop once. */
export function turn(): void {
  guardImmediates();
  begun.length = 0;
  const returned = returns(runLoop);
  if (returned && begun.length > 0) {
    const names = begun.map(({ resource }) => resource).join(', ');
    throwUncaught(new BlockingError(`A callback (${names}) threw ${LOST}`));
  }
}

function runLoop(): void {
  addon?.loaded?.runLoopOnce();
}

/** Whether it returns; what it throws is reported. */
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
 * Lets an error that belongs to nobody here become an uncaught exception: at once if somebody handles those, since Node then
 * also clears what it keeps of the callbacks on the stack; else by the next tick, and so before `block()` ends.
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

// Of this very moment: see timers.
const queue = queueMicrotask;

// Immediates. They run last in a turn, so those that begin in it are known when the first of them runs: the sentinel, which
// neither keeps the loop alive nor from sleeping. Those of before stand in front of it.
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
  // Also takes back what keeps a loop from sleeping while it runs immediates, after the last of which a tick may block.
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

/** Its callback before it was guarded. */
const CALLBACK = Symbol('callback');

interface GuardedImmediate extends NodeImmediate {
  [CALLBACK](...args: unknown[]): void;
}

/** In the place of the callback of an immediate. */
function runGuarded(this: GuardedImmediate, ...args: unknown[]): void {
  if (!turning) {
    this[CALLBACK](...args);
    return;
  }
  returns(() => this[CALLBACK](...args));
  tick(); // Or Node would, with the same danger.
}

// Callbacks that have begun and not ended.
const begun: { readonly id: number; readonly resource: string }[] = [];
let callbacks: AsyncHook | undefined;

function watchCallbacks(): AsyncHook | undefined {
  if (majorVersion < 22) {
    return undefined; // There the error comes out, out of a hook too.
  }
  const hooks = node?.getBuiltinModule?.('node:async_hooks');
  const watch: AsyncHooks = {
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

const LOST =
  'while block() turned the event loop of Node, which has lost the error. ' +
  'Catch errors inside the callback, or use "await" instead of block().';
