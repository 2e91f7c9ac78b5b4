import {
  asyncScheduler,
  concatWith,
  finalize,
  lastValueFrom,
  NEVER,
  Subscription,
  throwError,
  timer,
} from 'rxjs';

import { AsyncScope, CancelledError, sleep, tamed, type TamedCall, within } from '../../src/index.ts';
import { runMarblesAsync } from '../../src/testing/index.ts';
import { onlyWhere } from '../support/runtime.ts';
import { diary, textOf } from '../support/diary.ts';
import { errorOf, errorsOf } from '../support/outcome.ts';
import { virtually } from '../support/virtual-time.ts';
import { later } from './calls.ts';
import { standing, never, ms } from './promises.ts';

const failure = new Error('Oh no!');

describe('Cancelling an async function by itself, while it runs', () => {
  onlyWhere.contextIsCarried.it('waits for it at a foreign promise, since it knows', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.events$.subscribe(({ type }) => log.push(type));
    scope.start(
      tamed(async () => {
        await sleep(1);
        scope.cancel();
        await ms(10);
        log.push('settles');
      })(),
    );

    await scope.close();

    expect(log).toEqual(['start', 'cancel', 'settles', 'cleanup']);
  });

  it('does so in its first segment, too', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        scope.cancel();
        await ms(10);
        log.push('settles');
      })(),
    );

    await scope.close();

    expect(log).toEqual(['settles']);
  });

  onlyWhere.contextIsCarried.it('interrupts it at its next tamed await', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        try {
          scope.cancel();
          log.push('still running');
          await sleep(1);
          log.push('slept');
        } finally {
          log.push(await later('finally', 1));
        }
      })(),
    );

    await scope.close();

    expect(log).toEqual(['still running', 'finally']);
  });

  onlyWhere.contextIsCarried.it(
    'interrupts it at its next tamed await, and does not run that call, also where it came there by a race',
    async () => {
      const log: string[] = [];
      const run = AsyncScope.run(async (scope) => {
        scope.start(
          tamed(function* () {
            try {
              yield* sleep(1e6);
            } finally {
              yield* sleep(20);
              log.push('child ends');
            }
          })(),
        );
        await sleep(1);
        setTimeout(() => scope.cancel());
        await Promise.race([sleep(1e6), new Promise((resolve) => setTimeout(resolve, 5))]);
        log.push('won');
        await tamed(() => log.push('runs'))();
      });

      expect(await errorOf(run)).toBeInstanceOf(CancelledError);
      expect(log).toEqual(['won', 'child ends']);
    },
  );

  it('waits for it also where an async function that it calls has cancelled', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    const inner = tamed(async () => {
      scope.cancel();
      await ms(10);
      log.push('inner settles');
    });
    scope.start(
      tamed(async () => {
        try {
          await inner();
        } finally {
          log.push('outer unwinds');
        }
      })(),
    );

    await scope.close();

    expect(log).toEqual(['inner settles', 'outer unwinds']);
  });

  it('lets it go where only a timer of it cancels, and it stands at a foreign promise', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.events$.subscribe(({ type }) => log.push(type));
    scope.start(
      tamed(async () => {
        setTimeout(() => scope.cancel(), 1);
        await never();
      })(),
    );

    await scope.close();

    expect(log).toContain('abandon');
  });
});

describe('Unsubscribing a call from the teardown of one that it waits for', () => {
  for (const [how, cut] of Object.entries({
    'tamed.all()': (inner: TamedCall<unknown>) =>
      tamed.all([inner, timer(1).pipe(concatWith(throwError(() => failure)))]),
    'a run whose body cancels its scope': (inner: TamedCall<unknown>) =>
      AsyncScope.run(function* (scope) {
        timer(1).subscribe(() => scope.cancel());
        yield* inner;
      }),
  })) {
    it(`does not make them wait for each other, where that is cancelled by ${how}`, () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope({ errorMode: 'continue' });
        const inner = tamed(() => NEVER.pipe(finalize(() => subscription.unsubscribe())));
        const outer = tamed(function* () {
          try {
            yield* cut(inner());
          } finally {
            note('unwinds');
            yield* sleep(5);
            note('unwound');
          }
        });
        const subscription = new Subscription();
        subscription.add(outer().pipe(within(scope)).subscribe());

        scope.close().subscribe({ error: () => note('closed'), complete: () => note('closed') });
        flush();

        expect(lines.map(textOf)).toEqual(['unwinds', 'unwound', 'closed']);
        expect(asyncScheduler.now()).toBeLessThan(100);
      });
    });
  }
});

describe('Unsubscribing a run from the teardown of a child in it', () => {
  it('does not make them wait for each other, whether its body has ended or not', () => {
    for (const body of [0, 5]) {
      virtually((flush) => {
        const run = new Subscription();
        const { lines, note } = diary();
        run.add(
          AsyncScope.run(function* (scope) {
            try {
              scope.start(sleep(1).pipe(finalize(() => run.unsubscribe())));
              yield* sleep(body);
            } finally {
              note('unwinds');
            }
          }).subscribe(),
        );

        flush();

        expect(lines.map(textOf)).toEqual(['unwinds']);
        expect(asyncScheduler.now()).toBeLessThan(100);
      });
    }
  });
});

describe('A cancelled call in the middle of things', () => {
  it('does not swallow a CancelledError of a scope that is not its own', async () => {
    const other = new AsyncScope();
    const cancelled = other.start(NEVER);
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        await cancelled;
      })(),
    );

    other.cancel();

    expect(errorsOf(await errorOf(scope.close()))).toEqual([jasmine.any(CancelledError)]);
  });

  it('leaves a promise that it only listened to', async () => {
    const log: string[] = [];
    const foreign = ms(2).then(() => log.push('goes on'));
    const scope = new AsyncScope();
    scope.start(tamed.from(foreign));

    scope.cancel();
    await scope.close();
    await foreign;

    expect(log).toEqual(['goes on']);
  });

  it('is not let go, since nobody waits, where the source is a promise', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.events$.subscribe(({ type }) => log.push(type));
    scope.start(never());

    scope.cancel();
    await scope.close();

    expect(log).toEqual(['start', 'cancel']);
  });

  it('leaves no timer behind', async () => {
    await runMarblesAsync(async ({ scope, flush }) => {
      const own = scope();
      own.start(sleep(100_000));
      own.start(later('value', 100_000));
      own.start(tamed(async () => await sleep(100_000))());
      await standing();

      own.cancel();
      await own.close();
      await flush(); // Until nothing is due.

      expect(asyncScheduler.now()).toBeLessThan(100);
    });
  });

  it('is reached through lastValueFrom() no more than any foreign promise', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.events$.subscribe(({ type }) => log.push(type));
    scope.start(
      tamed(async () => {
        await lastValueFrom(NEVER);
      })(),
    );

    scope.cancel();
    await scope.close();

    expect(log).toContain('abandon');
  });
});
