// How to read the diagrams: README.md, beside this file.
import { TimeoutError } from 'rxjs';
import { sleep } from 'async-tamer';
import { runMarbles } from 'async-tamer/testing';

import { dashboard } from './dashboard.ts';

describe('The dashboard', () => {
  it('asks every service again and again, until its page is left', () => {
    runMarbles(({ cold, scope, expectObservable, expectScope, expectSubscriptions }) => {
      // A service that answers "p" after 2 ms. "cold" means that its time begins anew with every request. What happens at one
      // time is in brackets: it answers, and that was all.
      const prices = cold('--(p|)');
      const page = scope();
      const shown$ = dashboard(page, () => prices);

      // The first request is made at once, the second at 20 ms; each is answered 2 ms later. At 30 ms the page is left: with
      // it ends what was started in it, and there what it shows completes.
      expectObservable(shown$).toBe('--p 19ms p-------|');

      // When the service was asked: "^" is a request, "!" is its end.
      expectSubscriptions(prices.subscriptions).toBe(['^-!', '20ms ^-!']);

      // And how the page lives: its only child is cancelled at 30 ms, and as there is nothing to clean up, it closes then.
      expectScope(page).toBe(`
        poll   ^-p 19ms p-------!
        scope  --- 19ms --------(!|)
      `);

      sleep(30).block();
      page.cancel();
      page.close();
    });
  });

  it('asks a service that fails twice more', () => {
    runMarbles(({ cold, scope, expectObservable }) => {
      // "#" is a failure. The first request fails after 2 ms, the second after 1 ms, the third is answered.
      const requests = [cold('--#'), cold('-#'), cold('-(n|)')];
      const page = scope();
      const shown$ = dashboard(page, () => requests.shift() ?? cold(''));

      // 2 ms to the first failure, and 3 ms of pause; 1 ms to the second, and 3 ms; 1 ms to the answer: at 10 ms it is there.
      // No reader has seen that anything had failed.
      expectObservable(shown$).toBe('10ms n----|');

      sleep(15).block();
      page.cancel();
    });
  });

  it('ends with its page when a service fails for good, and cancels the others', () => {
    runMarbles(({ cold, scope, expectScope }) => {
      // One answers after 2 ms; the other never does, which is an empty diagram.
      const page = scope();
      dashboard(
        page,
        () => cold('--(p|)'),
        () => cold(''),
      );
      page.close();

      // Each request has 5 ms, and there are two pauses of 3 ms: 5 + 3 + 5 + 3 + 5. At 21 ms the silent service has failed. By
      // then the other one was asked a second time, at 20 ms, and is not waited for: "!".
      // No code has handled the failure, so the page closes with it: "#".
      expectScope(page).toBe(
        `
          poll   ^-p 17ms -!
          poll   ^-- 17ms -#
          scope  --- 17ms -(!#)
        `,
        {},
        jasmine.any(TimeoutError),
      );
    });
  });
});
