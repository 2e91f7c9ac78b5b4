import { BlockingError } from '../execution/errors.ts';

// Takes the place of event-loop.ts in what bundlers make for browsers: see "browser" in package.json.

/** No event loop is ever turned. */
export function isTurning(): boolean {
  return false;
}

/** A page's event loop cannot be turned from inside. */
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

/** Lets an error become an uncaught exception. */
export function throwUncaught(error: unknown): void {
  setTimeout(() => {
    throw error;
  });
}
