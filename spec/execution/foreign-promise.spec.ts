import { abortSignal, AsyncScope, CancelledError, sleep, tamed } from '../../src/index.ts';
import { reportsOf } from '../support/reports.ts';
import { onlyWhere } from '../support/runtime.ts';
import { errorOf, errorsOf } from '../support/outcome.ts';
import { throwingInFinally } from './calls.ts';
import { latch, standing, never, ms } from './promises.ts';

describe('Cancelling an async function that stands at a foreign promise', () => {
  onlyWhere.contextIsCarried.it('interrupts it at its next tamed await', async () => {
    const log: string[] = [];
    const foreign = latch();
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        await foreign;
        log.push('foreign promise settled');
        try {
          await sleep(1);
          log.push('slept');
        } catch (error) {
          log.push((error as Error).name);
        }
      })(),
    );
    await standing();

    scope.cancel();
    foreign.open();
    await scope.close();

    expect(log).toEqual(['foreign promise settled', 'CancelledError']);
  });

  onlyWhere.contextIsCarried.it('does not run the call at which it interrupts it', async () => {
    const log: string[] = [];
    const foreign = latch();
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        await foreign;
        await tamed(() => log.push('runs'))();
      })(),
    );
    await standing();

    scope.cancel();
    foreign.open();
    await scope.close();

    expect(log).toEqual([]);
  });

  onlyWhere.contextIsCarried.it('interrupts it at a result that is there, too', async () => {
    const log: string[] = [];
    const foreign = latch();
    const other = new AsyncScope();
    const result = other.start(tamed(() => 'there')());
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        await foreign;
        log.push(await result);
      })(),
    );
    await standing();

    scope.cancel();
    foreign.open();
    await scope.close();

    expect(log).toEqual([]);
  });

  onlyWhere.contextIsCarried.it('interrupts it at the first "for await" of a call', async () => {
    const log: unknown[] = [];
    const foreign = latch();
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        await foreign;
        for await (const value of tamed.from([1, 2])) {
          log.push(value);
        }
      })(),
    );
    await standing();

    scope.cancel();
    foreign.open();
    await scope.close();

    expect(log).toEqual([]);
  });

  onlyWhere.contextIsCarried.it('has a scope that it makes then start cancelled', async () => {
    const log: string[] = [];
    const foreign = latch();
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        await foreign;
        const own = new AsyncScope();
        log.push(own.start(tamed(() => log.push('runs'))()).status);
      })(),
    );
    await standing();

    scope.cancel();
    foreign.open();
    await scope.close();

    expect(log).toEqual(['cancelled']);
  });

  onlyWhere.contextIsCarried.it(
    'has a scope start cancelled that it makes in a finally block before it was told',
    async () => {
      const log: boolean[] = [];
      const foreign = latch();
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          try {
            await foreign;
          } finally {
            log.push(new AsyncScope().cancelled);
            await sleep(0).catch(() => undefined);
            log.push(new AsyncScope().cancelled);
          }
        })(),
      );
      await standing();

      scope.cancel();
      foreign.open();
      await scope.close();

      expect(log).toEqual([true, false]);
    },
  );

  it('waits for it if it settles within a macrotask', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.events$.subscribe(({ type }) => log.push(type));
    scope.start(
      tamed(async () => {
        for (let n = 0; n < 100; n++) {
          await null;
        }
        log.push('settles');
      })(),
    );

    scope.cancel();
    await scope.close();

    expect(log).toEqual(['start', 'cancel', 'settles', 'cleanup']);
  });

  it('lets it go a macrotask later, and says so', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.events$.subscribe(({ type, name }) => log.push(`${type} ${name}`));
    scope.start(
      tamed(async function stuck() {
        await never();
      })(),
    );
    await standing();

    scope.cancel();
    await scope.close();

    expect(log).toEqual(['start stuck', 'cancel stuck', 'abandon stuck', 'cleanup stuck']);
  });

  it('lets it go also where it only returned somebody else’s promise', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.events$.subscribe(({ type }) => log.push(type));
    scope.start(tamed(() => never())());
    await standing();

    scope.cancel();
    await scope.close();

    expect(log).toContain('abandon');
  });

  it('ignores the outcome of one that was let go', async () => {
    const log: string[] = [];
    const reported = await reportsOf(async () => {
      const foreign = latch();
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          await foreign;
          log.push('fails');
          throw new Error('too late');
        })(),
      );
      await standing();

      scope.cancel();
      await scope.close();
      foreign.open();
    });

    expect(reported).toEqual([]);
    expect(log).toEqual(['fails']);
  });

  onlyWhere.contextIsCarried.it('tells one that was let go at its next tamed await', async () => {
    const caught: unknown[] = [];
    const foreign = latch();
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        await foreign;
        await sleep(1).catch((error: unknown) => caught.push(error));
      })(),
    );
    await standing();

    scope.cancel('why');
    await scope.close();
    foreign.open();
    await ms(5);

    expect(caught).toEqual([jasmine.any(CancelledError)]);
    expect((caught[0] as Error).cause).toBe('why');
  });

  onlyWhere.contextIsCarried.it('has the abort signal aborted that one takes which was let go', async () => {
    const aborted: boolean[] = [];
    const foreign = latch();
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        await foreign;
        aborted.push(abortSignal().aborted);
      })(),
    );
    await standing();

    scope.cancel();
    await scope.close();
    foreign.open();
    await ms(1);

    expect(aborted).toEqual([true]);
  });

  it('raises what was cleaned up under one that was let go', async () => {
    const failure = new Error('of its own scope');
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        new AsyncScope().start(throwingInFinally(failure));
        await never();
      })(),
    );

    scope.cancel();

    expect(errorsOf(await errorOf(scope.close()))).toEqual([failure]);
  });
});
