import { BlockingError } from '../execution/errors.ts';

// Bundles for browsers have this file in the place of event-loop.ts: see "browser" in package.json.

/** The event loop is never turned. */
export function isTurning(): boolean {
  return false;
}

/** The event loop of a page cannot be turned from inside. */
export function obstacle(): BlockingError {
  return new BlockingError(
    'Cannot block in a browser: the call does not settle synchronously, and its event loop cannot be turned. ' +
      'Use "await", or a coroutine whose leaves all have a "sync".',
  );
}

/** Never called: there is always an obstacle. */
export function turnUntil(): BlockingError {
  return obstacle();
}

/** Makes an error an uncaught exception. */
export function throwUncaught(error: unknown): void {
  setTimeout(() => {
    throw error;
  });
}
