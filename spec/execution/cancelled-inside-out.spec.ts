import { AsyncScope, sleep, tamed } from '../../src/index.ts';
import { later } from './calls.ts';
import { standing, never } from './promises.ts';

describe('Cancelling an async function that waits for another one', () => {
  it('unwinds the inner one first', async () => {
    const log: string[] = [];
    const inner = tamed(async () => {
      try {
        await sleep(Infinity);
      } finally {
        log.push(await later('inner', 2));
      }
    });
    const outer = tamed(async () => {
      try {
        await inner();
      } finally {
        log.push('outer');
      }
    });
    const scope = new AsyncScope();
    scope.start(outer());
    await standing();

    scope.cancel();
    await scope.close();

    expect(log).toEqual(['inner', 'outer']);
  });

  it('tells the outer one when the inner one was let go', async () => {
    const log: string[] = [];
    const inner = tamed(async () => {
      await never();
    });
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        try {
          await inner();
        } finally {
          log.push('outer');
        }
      })(),
    );
    await standing();

    scope.cancel();
    await scope.close();

    expect(log).toEqual(['outer']);
  });

  it('goes through coroutines and async functions alike', async () => {
    const log: string[] = [];
    const innermost = tamed(async () => {
      try {
        await sleep(Infinity);
      } finally {
        log.push('async function');
      }
    });
    const between = tamed(function* () {
      try {
        yield* innermost();
      } finally {
        log.push('coroutine');
      }
    });
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        try {
          await between();
        } finally {
          log.push('outer async function');
        }
      })(),
    );
    await standing();

    scope.cancel();
    await scope.close();

    expect(log).toEqual(['async function', 'coroutine', 'outer async function']);
  });
});
