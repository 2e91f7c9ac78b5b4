import { node } from './node.ts';

// Whether a callback or a tick is being run from this room.
let turning = false;

/** Whether a `block()` is turning the event loop now, so that it runs whatever code runs. */
export function isTurning(): boolean {
  return turning;
}

/** Runs `callbacks`, and says whether it returned. An error that it throws is reported. */
export function returns(callbacks: () => unknown): boolean {
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

/** Runs a callback so that no error of it gets out while the loop is being turned. */
export function guarded(run: () => unknown): unknown {
  if (!turning) {
    return run();
  }
  try {
    return run();
  } catch (error) {
    throwUncaught(error);
    return undefined;
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
