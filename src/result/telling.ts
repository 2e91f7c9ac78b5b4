import { runReady } from '../execution/queue.ts';

// The results that are telling their waiters of their end at the moment, the innermost last.
const tellings: (() => void)[] = [];

/** Tells the rest of the waiters of a result, unless {@link finishTelling} has done so in between. */
export function whileTelling(tellRest: () => void): void {
  tellings.push(tellRest);
  try {
    tellRest();
  } finally {
    tellings.pop();
  }
}

/**
 * To be called before a cancel. A handler that was told of a failure may cancel other waiters of the same failure that have not
 * been told yet. They hear of the failure first.
 */
export function finishTelling(): void {
  if (tellings.length > 0) {
    tellings.forEach((tellRest) => tellRest());
    runReady();
  }
}
