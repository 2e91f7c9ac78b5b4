// How many cancels are going on, one inside the other, and what is to be told when the outermost is over.
let cascades = 0;
const told: (() => void)[] = [];

/** Cancels: those who wait for a cancelled result are told when all that `cancel` reaches has been cancelled. */
export function cascade(cancel: () => void): void {
  cascades++;
  try {
    cancel();
  } finally {
    cascades--;
    tellWhenOver();
  }
}

/** Whether a cancel is going on. */
export function cascading(): boolean {
  return cascades > 0;
}

/** Runs `tell` when the outermost cancel is over; at once, if none is going on. */
export function afterCascade(tell: () => void): void {
  told.push(tell);
  tellWhenOver();
}

/** Blocks in a teardown: nobody may be kept waiting for the end of a cancel that itself waits here. */
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
  if (cascades === 0) {
    told.splice(0).forEach((tell) => tell());
  }
}
