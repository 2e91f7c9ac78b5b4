/** A cancelled function whose code does not know of the cancel yet. */
export interface Untold {
  /** Called one macrotask later. If the code does not know of the cancel by then, the library stops waiting for the function. */
  abandonUnlessTold(): void;
}

const untold = new Set<Untold>();
let timer: ReturnType<typeof setTimeout> | undefined;

/**
 * Gives a cancelled function that awaits a foreign promise one more macrotask. By then the function has settled, or it has
 * reached a tamed await that rejects. Otherwise the wait could last for ever.
 *
 * The timer is a real one on purpose: native promises do not run on a virtual clock. All functions share one timer, so
 * cancelling a hundred thousand of them starts one timer.
 */
export function watch(suspect: Untold): void {
  untold.add(suspect);
  timer ??= setTimeout(abandonUntold);
}

/** Ends the watch over all: for a test that has failed, and whose clock does not wait for a macrotask. */
export function abandonUntold(): void {
  clearTimeout(timer);
  timer = undefined;
  const suspects = [...untold];
  untold.clear();
  suspects.forEach((each) => each.abandonUnlessTold());
}

/** Stops watching a function that has settled. The timer is cleared when no function is left. */
export function unwatch(suspect: Untold): void {
  if (untold.delete(suspect) && untold.size === 0) {
    clearTimeout(timer);
    timer = undefined;
  }
}
