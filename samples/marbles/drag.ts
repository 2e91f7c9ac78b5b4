// A gesture: press, move, release. Watch for: the dragged thing snaps back when the user lets it go, or leaves the page in the
// middle. That takes time, and the page waits for it. There is no DOM here: presses and moves are numbers.
import { exhaustMap, finalize, map, takeUntil, type Observable } from 'rxjs';
import { cleanup, sleep, tamed } from 'async-tamer';

/** Where a pointer is pressed, where it moves to, and that it is released. */
export interface Pointer {
  readonly down$: Observable<number>;
  readonly move$: Observable<number>;
  readonly up$: Observable<unknown>;
}

/** The animation at the end: 3 ms. */
const snapBack = tamed(function* snapBack() {
  yield* sleep(3);
});

/** How far it has been dragged, while it is. */
export const drag = tamed(function drag({ down$, move$, up$ }: Pointer): Observable<number> {
  return down$.pipe(
    exhaustMap((from) =>
      move$.pipe(
        map((to) => to - from),
        takeUntil(up$),
        finalize(() => {
          cleanup(snapBack());
        }),
      ),
    ),
  );
});
