import { BlockingError } from '../execution/errors.ts';
import { guardImmediates, runImmediates, unguardImmediates } from './immediates.ts';
import { node } from './node.ts';
import { runLoop, unwatchThread, watchThread, type Addon } from './thread.ts';
import { keepingAccount } from './trampoline.ts';
import { endingLater, returns, throwUncaught } from './uncaught.ts';
import { guardCallbacks, lostErrors, startWatching, stopWatching } from './watch.ts';

// Node runs its callbacks with no JavaScript below them on the stack, so what they throw becomes an uncaught exception. Here
// block() is below them. What that means differs from callback to callback:
//
//   timers, microtasks    Node reports the error, as ever
//   ticks                 Node's function that runs the ticks throws the error, and leaves the other ticks
//   immediates            Node aborts, so each immediate is wrapped before it runs: see immediates.ts
//   I/O, signals, …       on Node 20 the addon throws the error; from Node 22 on the error is lost, and only the missing end of
//                         the callback shows that there was one

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

/** Runs `turns`, which calls `turn()`, and watches for errors that callbacks throw meanwhile. */
export function watching<R>(turns: () => R): R {
  const outermost = watchers++ === 0;
  if (outermost) {
    startWatching();
    watchThread();
  }
  try {
    return turns();
  } finally {
    watchers--;
    if (outermost) {
      stopWatching();
      unwatchThread();
    }
    unguardImmediates();
  }
}

// One block() may be inside another, between two turns of the outer one.
let watchers = 0;

/** Turns the event loop once. */
export function turn(): void {
  guardImmediates();
  guardCallbacks();
  const returned = endingLater(() => keepingAccount(() => returns(turnLoop)));
  const lost = lostErrors();
  if (returned && lost.length > 0) {
    throwUncaught(new BlockingError(`A callback (${lost.join(', ')}) threw ${LOST}`));
  }
  runImmediates();
}

function turnLoop(): void {
  if (addon?.loaded !== undefined) {
    runLoop(addon.loaded);
  }
}

const LOST =
  'while block() turned the event loop of Node, which has lost the error. ' +
  'Catch errors inside the callback, or use "await" instead of block().';
