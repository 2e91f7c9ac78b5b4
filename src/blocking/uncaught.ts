import { node } from './node.ts';
import { isThread } from './thread.ts';

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
  if (!isExceptionHandled()) {
    throwLater(error);
    return;
  }
  try {
    if (node?._fatalException?.(error, false) !== true) {
      throwLater(error);
    }
  } catch (failure) {
    failedHandler(failure);
  }
}

function isExceptionHandled(): boolean {
  const listeners = node?.listenerCount?.('uncaughtException') ?? 0;
  return listeners > 0 || node?.hasUncaughtExceptionCaptureCallback?.() === true;
}

/** The handler of the program has thrown in turn. That ends the process, as ever: nobody is asked about this error. */
function failedHandler(failure: unknown): void {
  node?.removeAllListeners?.('uncaughtException');
  node?.setUncaughtExceptionCaptureCallback?.(null);
  node?.on?.('exit', () => Object.assign(node ?? {}, { exitCode: HANDLER_FAILED }));
  throwLater(failure);
}

/** The exit code of Node for it. */
const HANDLER_FAILED = 7;

// Until the loop is at rest, if that has to be so.
let waiting: unknown[] | undefined;

function throwLater(error: unknown): void {
  if (waiting !== undefined) {
    waiting.push(error);
    return;
  }
  queue(() => {
    throw error;
  });
}

// Taken when this file is loaded, as `timers` in node.ts.
const queue = queueMicrotask;

/**
 * Runs `turn`. An error that ends this thread is not thrown before it returns: to end a thread where Node runs immediates aborts the
 * process. The end of a process needs no such care.
 */
export function endingLater<R>(turn: () => R): R {
  if (!isThread()) {
    return turn();
  }
  const errors: unknown[] = [];
  waiting = errors;
  try {
    return turn();
  } finally {
    waiting = undefined;
    errors.forEach(throwLater);
  }
}
