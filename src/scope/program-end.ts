import { reportUnhandled } from '../execution/unhandled.ts';

/** Of the `process` of Node, and of what is like it; a page has none. */
interface Process {
  once?(event: 'beforeExit', listener: () => void): unknown;
}

const { process, setTimeout: later } = globalThis as unknown as {
  readonly process?: Process;
  readonly setTimeout: (fn: () => void) => unknown;
};

/** What nobody has heard of yet. */
interface Unheard {
  take(): unknown[];
}

// Of scopes that nobody has closed so far. It holds no more than failures, as the registry of dropped scopes does.
const unheard = new Set<Unheard>();
let listens = false;
// Whether whoever else listens has had its turn, and has perhaps closed a scope in that.
let lastCall = false;

/**
 * A program that ends while a scope is open has forgotten to close it, and the scope is not collected any more: what has failed
 * in it is reported then, as that of a dropped scope is. Without an end that can be heard of, as in a page, nothing is kept.
 */
export function beforeTheEnd(failures: Unheard): void {
  if (process?.once === undefined) {
    return;
  }
  unheard.add(failures);
  if (!listens) {
    listens = true;
    process.once('beforeExit', ends);
  }
}

/** They have reached somebody. */
export function heard(failures: Unheard): void {
  unheard.delete(failures);
}

/** Node has nothing left to do. It says so again, if somebody finds it something. */
function ends(): void {
  const open = [...unheard];
  lastCall = !lastCall && open.length > 0;
  listens = lastCall;
  if (lastCall) {
    process?.once?.('beforeExit', ends);
    later(() => undefined);
  } else {
    open.forEach((failures) => failures.take().forEach(reportUnhandled));
  }
}
