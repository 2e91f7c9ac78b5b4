// How to read the diagrams: README.md, beside this file.
import { sleep } from 'async-tamer';
import { runMarbles } from 'async-tamer/testing';

import { drag } from './drag.ts';

/** What the letters of these diagrams stand for: where the pointer is, and how far something has been dragged. */
const values = { a: 10, b: 11, c: 15, x: 1, y: 5 };

describe('The drag gesture', () => {
  it('tells how far, between press and release', () => {
    runMarbles(({ hot, scope, expectObservable }) => {
      // Time runs from left to right, and is the same in one column: spaces take none. Press at "a", move to "b" and "c",
      // release, and move to "b" again: no gesture listens to that.
      const pointer = {
        down$: hot('-a-------', values),
        move$: hot('---b--c-b', values),
        up$: hot('  -------u-'),
      };
      const page = scope();
      const dragged = page.start(drag(pointer));

      //  "x" is from "a" to "b", "y" is from "a" to "c". It does not complete: one may press again, until the page is left.
      const expected = '---x--y--|';
      expectObservable(dragged).toBe(expected, values);

      sleep(9).block();
      page.cancel();
    });
  });

  it('does not mind a second finger', () => {
    runMarbles(({ hot, scope, expectObservable }) => {
      const pointer = {
        down$: hot('-a-c---', values),
        move$: hot('----b--', values),
        up$: hot('  -----u-'),
      };
      const page = scope();

      // From where the first one was pressed.
      const expected = '  ----x-|';
      expectObservable(page.start(drag(pointer))).toBe(expected, values);

      sleep(6).block();
      page.cancel();
    });
  });

  it('snaps back before the page is gone, though that is left in the middle', () => {
    runMarbles(({ hot, scope, expectScope }) => {
      const pointer = {
        down$: hot('-a---', values),
        move$: hot('---b-', values),
        up$: hot('  -----'),
      };
      const page = scope();
      page.start(drag(pointer));
      page.close();

      // A row for what was started in the page, and one for the page itself. "^" starts; at 5 ms "!" cancels. "~" is the
      // animation, "." its end; and only then the page closes: "|".
      expectScope(page).toBe(
        `
          drag   ^--x-!~~.
          scope  -----!--|
        `,
        values,
      );

      sleep(5).block();
      page.cancel();
    });
  });
});
