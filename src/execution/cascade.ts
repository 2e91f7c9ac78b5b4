// How many cancels are running, one inside the other, and the notifications that are due when the outermost one is over.
let cascades = 0;
const told: (() => void)[] = [];

/** Runs `cancel`. The waiters of cancelled results are told when everything that `cancel` reaches has been cancelled. */
export function cascade(cancel: () => void): void {
  cascades++;
  try {
    cancel();
  } finally {
    cascades--;
    tellWhenOver();
  }
}

/** Whether a cancel is running. */
export function cascading(): boolean {
  return cascades > 0;
}

/** Runs `tell` when the outermost cancel is over, or at once if no cancel is running. */
export function afterCascade(tell: () => void): void {
  told.push(tell);
  tellWhenOver();
}

/**
 * Runs `block`, which blocks inside a teardown. Waiters are told at once meanwhile: the cancel around it cannot end before
 * `block` returns.
 */
export function outsideCascade<R>(block: () => R): R {
  const outer = cascades;
  cascades = 0;
  try {
    tellWhenOver();
    return block();
  } finally {
    cascades = outer;
  }
}

function tellWhenOver(): void {
  if (cascades === 0 && told.length > 0) {
    told.splice(0).forEach((tell) => tell());
  }
}
