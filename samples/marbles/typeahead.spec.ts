// How to read the diagrams: README.md, beside this file.
import { sleep, tamed } from 'async-tamer';
import { runMarbles } from 'async-tamer/testing';

import { typeahead } from './typeahead.ts';

/** A service that takes 10 ms. In a test it need not be real; it only has to take its time. */
const search = tamed(function* search(text: string) {
  yield* sleep(10);
  return text.toUpperCase();
});

/** A search that tidies up for 3 ms when it is cancelled. */
const tidySearch = tamed(function* tidySearch(text: string) {
  try {
    yield* sleep(10);
    return text;
  } finally {
    yield* sleep(3);
  }
});

describe('The typeahead', () => {
  it('asks 20 ms after the last key', () => {
    runMarbles(({ hot, scope, expectObservable }) => {
      // The user types "a", and 5 ms later "b". Letters are emitted values; each dash is a millisecond in which nothing happens.
      // "hot" means that it goes on whether or not anyone listens, as keys do.
      const typed$ = hot('a----b');

      // The page: what is started in it lives as long as it does.
      const page = scope();
      const shown$ = page.start(typeahead(typed$, search));

      // "b" comes at 5 ms. 20 ms after that the search begins, and it takes 10 ms: so at 35 ms its answer is shown. "a" was
      // never asked for. The last character is the end of the story: nothing more is emitted, and it does not complete.
      expectObservable(shown$, '40ms !').toBe('35ms B');

      // The test is over when the page is. It would fail otherwise, and name what still runs.
      sleep(50).block();
      page.cancel();
    });
  });

  it('cancels a search whose answer is not wanted any longer', () => {
    runMarbles(({ hot, scope, expectObservable, expectScope }) => {
      // Two keys, 25 ms apart: the first search has begun by then, and has not ended. "|" is the end of the keys.
      const typed$ = hot('a 24ms b|');
      const page = scope();
      const shown$ = page.start(typeahead(typed$, search));
      page.close();

      // The search for "a" would have answered at 30 ms. RxJS asks at once when the keys have ended, at 26 ms, so the search
      // for "b" answers at 36 ms; and as there are no more keys, that is the end: "(B|)" is both at one time.
      expectObservable(shown$).toBe('36ms (B|)');

      // The same from the side of the page. A row for each child: "^" is where it starts. The page itself closes when its only
      // child has ended.
      expectScope(page).toBe(`
        typeahead  ^ 35ms (B|)
        scope      - 35ms |
      `);
    });
  });

  it('does not let the page close before a cancelled search has tidied up', () => {
    runMarbles(({ hot, scope, expectScope }) => {
      const page = scope();
      page.start(typeahead(hot('a'), tidySearch));
      page.close();

      // At 25 ms, in the middle of the search, the page is left.
      sleep(25).block();
      page.cancel();

      // "!" is the cancel. "~" is a millisecond of cleaning up, "." the end of that. Only then does the scope close.
      expectScope(page).toBe(`
        typeahead  ^ 24ms !~~.
        scope      - 24ms !--|
      `);
    });
  });
});
