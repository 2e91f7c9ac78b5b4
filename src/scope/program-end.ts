import { reportUnhandled } from '../execution/unhandled.ts';

/** The part of Node's `process` that this file uses; other runtimes may have it, too. A page has none. */
interface Process {
  once?(event: 'beforeExit', listener: () => void): unknown;
}

const { process, setTimeout: later } = globalThis as unknown as {
  readonly process?: Process;
  readonly setTimeout: (fn: () => void) => unknown;
};

/** Failures that have reached no caller. */
interface Undelivered {
  take(): unknown[];
}

// The failures of scopes that have not been closed. Only failures are kept, as in the registry of dropped scopes.
const undelivered = new Set<Undelivered>();
let listens = false;
// Whether the other listeners of `beforeExit` have had their turn, in which they may have closed a scope.
let lastCall = false;

/**
 * A program that ends while a scope is open has forgotten to close it, and the scope is not collected any more. So its failures
 * are reported then, as those of a dropped scope are. Where the end of the program is not announced, as in a page, nothing is
 * kept.
 */
export function reportAtEnd(failures: Undelivered): void {
  if (process?.once === undefined) {
    return;
  }
  undelivered.add(failures);
  if (!listens) {
    listens = true;
    process.once('beforeExit', ends);
  }
}

/** The failures have reached a caller. */
export function delivered(failures: Undelivered): void {
  undelivered.delete(failures);
}

/** Node has nothing left to do. It says so again if a listener gives it something to do. */
function ends(): void {
  const open = [...undelivered];
  lastCall = !lastCall && open.length > 0;
  listens = lastCall;
  if (lastCall) {
    process?.once?.('beforeExit', ends);
    later(() => undefined);
  } else {
    open.forEach((failures) => failures.take().forEach(reportUnhandled));
  }
}
