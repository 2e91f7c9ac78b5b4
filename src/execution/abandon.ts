/** A cancelled function that nothing has told yet. */
export interface Untold {
  /** Called a macrotask later: the last chance to say that it was told meanwhile, else it is let go. */
  letGoUnlessTold(): void;
}

const untold = new Set<Untold>();
let timer: ReturnType<typeof setTimeout> | undefined;

/**
 * Waits one macrotask for a function that stands at somebody else's promise. By then it has settled, or reached an
 * await at which it can be told; otherwise waiting could be forever.
 *
 * A real timer on purpose: native promises do not run on a virtual clock. One timer serves all, so that cancelling a
 * hundred thousand functions makes one.
 */
export function watch(suspect: Untold): void {
  untold.add(suspect);
  timer ??= setTimeout(() => {
    timer = undefined;
    const suspects = [...untold];
    untold.clear();
    suspects.forEach((each) => each.letGoUnlessTold());
  });
}

/** It has settled: no timer shall outlive what it was for. */
export function unwatch(suspect: Untold): void {
  untold.delete(suspect);
  if (untold.size === 0) {
    clearTimeout(timer);
    timer = undefined;
  }
}
