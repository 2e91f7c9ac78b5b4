import { map, NEVER } from 'rxjs';

import { abortSignal, AsyncScope, sleep, tamed } from '../../src/index.ts';
import { errorOf, errorsOf } from '../support/outcome.ts';
import { later } from './calls.ts';
import { never, ms } from './promises.ts';

describe('Cancelling an async generator', () => {
  it('interrupts it at the tamed call it awaits', async () => {
    const log: unknown[] = [];
    const scope = new AsyncScope();
    const rows = tamed(async function* () {
      try {
        yield 1;
        await sleep(Infinity);
        yield 2;
      } catch (error) {
        log.push((error as Error).name);
      }
    });
    scope.start(rows()).subscribe((row) => log.push(row));
    await ms(1);

    scope.cancel();
    await scope.close();

    expect(log).toEqual([1, 'CancelledError']);
  });

  it('calls return() between two values, whose finally block is waited for', async () => {
    const log: unknown[] = [];
    const scope = new AsyncScope();
    const rows = tamed(async function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        log.push(await later('finally', 5));
      }
    });
    scope.start(
      rows().pipe(
        map((row) => {
          log.push(row);
          scope.cancel();
        }),
      ),
    );

    await scope.close();

    expect(log).toEqual([1, 'finally']);
  });

  it('lets it go at a foreign promise', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.events$.subscribe(({ type }) => log.push(type));
    scope.start(
      tamed(async function* () {
        await never();
        yield 1;
      })(),
    );
    await ms(1);

    scope.cancel();
    await scope.close();

    expect(log).toEqual(['start', 'cancel', 'abandon', 'cleanup']);
  });

  it('does not let it go if it took its signal', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.events$.subscribe(({ type }) => log.push(type));
    scope.start(
      tamed(async function* () {
        const signal = abortSignal();
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => setTimeout(resolve, 5));
        });
        yield 1;
      })(),
    );

    scope.cancel();
    await scope.close();

    expect(log).toEqual(['start', 'cancel', 'cleanup']);
  });

  it('runs nothing of it if it was never asked', async () => {
    const log: string[] = [];
    const scope = new AsyncScope({ concurrency: 1 });
    scope.start(NEVER);
    scope.start(
      tamed(async function* () {
        log.push('runs');
      })(),
    );

    scope.cancel();
    await scope.close();

    expect(log).toEqual([]);
  });

  it('raises what its finally block throws', async () => {
    const failure = new Error('cleanup');
    const scope = new AsyncScope();
    scope.start(
      tamed(async function* () {
        try {
          yield 1;
          await sleep(Infinity);
        } finally {
          throw failure;
        }
      })(),
    );
    await ms(1);

    scope.cancel();

    expect(errorsOf(await errorOf(scope.close()))).toEqual([failure]);
  });

  it('raises once what a generator throws between two values', async () => {
    const failure = new Error('cleanup');
    const scope = new AsyncScope();
    const rows = tamed(async function* () {
      try {
        yield 1;
      } finally {
        throw failure;
      }
    });
    scope.start(rows().pipe(map(() => scope.cancel())));

    expect(errorsOf(await errorOf(scope.close()))).toEqual([failure]);
  });

  it('waits also for an iterator without return()', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    const plain: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({ next: () => never() }),
    };
    scope.events$.subscribe(({ type }) => log.push(type));
    scope.start(tamed(() => plain)());

    scope.cancel();
    await scope.close();

    expect(log).toEqual(['start', 'cancel', 'abandon', 'cleanup']);
  });

  it('emits nothing any more', async () => {
    const values: number[] = [];
    const scope = new AsyncScope();
    scope
      .start(
        tamed(async function* () {
          yield 1;
          await sleep(Infinity).catch(() => undefined);
          yield 2;
        })(),
      )
      .subscribe((value) => values.push(value));
    await ms(1);

    scope.cancel();
    await scope.close();

    expect(values).toEqual([1]);
  });
});
