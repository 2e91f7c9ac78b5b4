import { defer, finalize, map, NEVER, of, timer } from 'rxjs';

import {
  acquire,
  allSettled,
  AsyncScope,
  BlockingError,
  cleanup,
  concurrently,
  latest,
  synchronous,
  tamed,
  type TamedCall,
} from '../../src/index.ts';
import { runMarbles } from '../../src/testing/index.ts';
import { thrownBy } from '../support/outcome.ts';
import { macrotask, onlyWhere } from '../support/runtime.ts';

const log: string[] = [];

/** What must not begin where it cannot be waited for. */
const post = tamed(async (what: string = 'post') => {
  log.push(what);
  await Promise.resolve();
  return what;
});

async function* pages(): AsyncGenerator<string> {
  log.push('page');
  yield await Promise.resolve('page');
}

/** A leaf, which can be waited for anywhere. */
const leaf = tamed({
  sync: (value: string) => value,
  async: async (value: string) => Promise.resolve(value),
});

/** Waits for `call`, and says what its code sees of the refusal. */
const careful = tamed(function* <T>(
  call: TamedCall<T>,
  name: string = 'outer',
): Generator<never, T | string> {
  try {
    return yield* call;
  } catch {
    log.push(`${name} caught`);
    return 'caught';
  } finally {
    log.push(yield* leaf(`${name} cleaned up`));
  }
});

/** Calls that wait for something asynchronous, each in a shape of its own. `careful` is around each. */
const shapes: Readonly<Record<string, () => TamedCall<unknown>>> = {
  'an async function': () => post(),
  'an async generator': () => tamed(pages)(),
  'a function that returns a call': () => tamed(() => post())(),
  'a function that returns an async iterable': () => tamed.from(pages()),
  'a function that returns a generator': () =>
    tamed(() =>
      (function* () {
        return yield* post();
      })(),
    )(),
  'generators in generators': () => careful(careful(post(), 'innermost'), 'inner'),
  'tamed.all': () => tamed.all([leaf('a'), post(), post()]),
  'tamed.all of generators': () => tamed.all([careful(leaf('a'), 'first'), careful(post(), 'second')]),
  allSettled: () => allSettled([leaf('a'), post(), post()]),
  concurrently: () => concurrently(['a', 'b'], (name) => post(name), { concurrency: 2 }),
  'concurrently in generators': () =>
    concurrently(['a', 'b'], (name) => careful(post(), name), { concurrency: 2 }),
  'concurrently over an async iterable': () => concurrently(pages(), () => post(), { concurrency: 2 }),
  'acquire of an async function': () => acquire(post(), () => void log.push('released')),
  'the body of a run that is an async function': () =>
    AsyncScope.run(async () => {
      log.push('body');
      await Promise.resolve();
    }),
  'the body of a run that is a generator': () =>
    AsyncScope.run(function* () {
      return yield* careful(post(), 'body');
    }),
  'the body of a run that returns a call': () => AsyncScope.run(() => post()),
};

const begun = ['post', 'page', 'body', 'a', 'b', 'released'];

describe('block() that is refused', () => {
  beforeEach(() => {
    log.splice(0);
  });

  for (const [shape, make] of Object.entries(shapes)) {
    it(`begins nothing that cannot be waited for: ${shape}`, async () => {
      await Promise.resolve();

      const error = thrownBy(() => careful(make()).block());

      expect(error).toBeInstanceOf(BlockingError);
      expect(log.filter((entry) => begun.includes(entry) || entry.endsWith('caught'))).toEqual([]);
      expect(log.at(-1)).toBe('outer cleaned up');
    });
  }

  it('unwinds generators from the innermost, each once', async () => {
    await Promise.resolve();

    thrownBy(() => careful(careful(careful(post(), 'a'), 'b'), 'c').block());

    expect(log).toEqual(['a cleaned up', 'b cleaned up', 'c cleaned up']);
  });

  it('runs what comes before: only the first thing that cannot be waited for is refused', async () => {
    await Promise.resolve();
    const several = tamed(function* () {
      log.push(yield* leaf('first'));
      log.push((yield* tamed.all([leaf('second')]))[0]);
      return yield* post();
    });

    thrownBy(() => several().block());

    expect(log).toEqual(['first', 'second']);
  });

  it('does not wait for a pending result, which then counts as not awaited', async () => {
    await Promise.resolve();
    await using scope = new AsyncScope();
    const result = scope.start(post());

    const error = thrownBy(() => careful(tamed.from(result)).block());
    thrownBy(() => tamed(() => result)().block());

    expect(error).toBeInstanceOf(BlockingError);
    expect(log).toEqual(['post', 'outer cleaned up']);
    expect(result.awaited).toBe(false);
  });

  it('does not listen to a promise, the failure of which is then as unhandled as before', async () => {
    await Promise.resolve();
    const then = jasmine.createSpy('then');
    const promise = Object.assign(Promise.resolve(), { then });

    thrownBy(() => careful(tamed.from(promise)).block());

    expect(then).not.toHaveBeenCalled();
    expect(log).toEqual(['outer cleaned up']);
  });

  it('waits for what has settled, or settles at once', async () => {
    await Promise.resolve();
    await using scope = new AsyncScope();
    const settled = scope.start(of('settled'));
    const call = tamed(function* () {
      return [yield* settled, yield* tamed.from(of(1).pipe(map((n) => n + 1))), yield* leaf('leaf')];
    });

    expect(call().block()).toEqual(['settled', 2, 'leaf']);
  });

  it('releases what was acquired before, and what comes too late', async () => {
    await Promise.resolve();
    const late = Promise.resolve('late');
    const release = (value: string): void => void log.push(`${value} released`);

    thrownBy(() =>
      tamed(function* () {
        yield* acquire(leaf('early'), release);
        return yield* post();
      })().block(),
    );
    thrownBy(() =>
      tamed(function* () {
        return yield* acquire(late, release);
      })().block(),
    );

    expect(log).toEqual(['early released']);
    await late;
    await Promise.resolve();
    expect(log).toEqual(['early released', 'late released']);
  });

  it('lets a cleanup begin that cannot be waited for: it is no less due', async () => {
    await Promise.resolve();
    const call = tamed(function* () {
      try {
        return yield* post('never');
      } finally {
        yield* post('cleanup');
        log.push('cleaned up');
      }
    });

    const error = thrownBy(() => call().block());

    expect(error).toBeInstanceOf(BlockingError);
    expect(log).toEqual(['cleanup']);
    await expectAsync(post('other')).toBeResolved();
    expect(log).toEqual(['cleanup', 'other', 'cleaned up']);
  });

  it('does not cut off a cleanup that must not be: the code goes on after it', async () => {
    await Promise.resolve();
    const call = tamed(function* () {
      try {
        yield* leaf('');
      } finally {
        log.push(yield* cleanup(post('cleanup')));
      }
    });

    expect(() => call().block()).toThrowError(BlockingError);
    await expectAsync(post('other')).toBeResolved();

    expect(log).toEqual(['cleanup', 'other', 'cleanup']);
  });

  it('begins a release that is asynchronous', async () => {
    await Promise.resolve();
    const call = tamed(function* () {
      return yield* acquire(leaf('value'), async () => {
        log.push('release');
        await Promise.resolve();
        log.push('released');
      });
    });

    expect(() => call().block()).toThrowError(BlockingError);
    await expectAsync(post('other')).toBeResolved();

    expect(log).toEqual(['release', 'other', 'released']);
  });

  it('cancels what stands under an operator, of which nothing can be known before', async () => {
    await Promise.resolve();
    const operators = tamed.from(of(1).pipe(latest(() => careful(post(), 'inner'))));

    const error = thrownBy(() => careful(operators).block());

    expect(error).toBeInstanceOf(BlockingError);
    expect(log).toEqual(['post']);
    await macrotask();
    expect(log).toEqual(['post', 'inner cleaned up', 'outer cleaned up']);
  });

  it('cancels the children of a run, and the scope is cancelled', async () => {
    await Promise.resolve();
    let scope: AsyncScope | undefined;
    const run = AsyncScope.run(function* (made) {
      scope = made;
      made.start(NEVER.pipe(finalize(() => log.push('child cleaned up'))));
      return yield* careful(post(), 'body');
    });

    thrownBy(() => run.block());

    expect(scope?.cancelled).toBe(true);
    expect(log).toEqual(['child cleaned up', 'body cleaned up']);
  });

  it('is refused again at the second time, and works where it can wait', async () => {
    await Promise.resolve();
    const call = careful(post());

    expect(() => call.block()).toThrowError(BlockingError);
    expect(() => call.block()).toThrowError(BlockingError);
    expect(log).toEqual(['outer cleaned up', 'outer cleaned up']);
    expect(await call).toBe('post');
  });

  it('says "yield*" where a generator blocks, which gets the refusal, since it is the caller', async () => {
    await Promise.resolve();
    let error: unknown;
    const blocks = tamed(function* () {
      error = thrownBy(() => careful(post(), 'inner').block());
      return yield* leaf('went on');
    });

    expect(blocks().block()).toBe('went on');
    expect((error as Error).message).toContain('"yield*"');
    expect(log).toEqual(['inner cleaned up']);
  });

  it('blocks as ever in a cleanup that runs because of a refusal', async () => {
    await Promise.resolve();
    const call = tamed(function* () {
      try {
        return yield* post();
      } finally {
        log.push(careful(leaf('leaf'), 'cleanup').block());
        thrownBy(() => careful(post(), 'refused').block());
        yield* leaf('');
        log.push('cleaned up');
      }
    });

    expect(() => call().block()).toThrowError(BlockingError);
    expect(log).toEqual(['cleanup cleaned up', 'leaf', 'refused cleaned up', 'cleaned up']);
  });

  it('begins it, where a virtual clock decides', () => {
    runMarbles(() => {
      const call = careful(tamed(() => defer(() => of(log.push('begun'))))());

      expect(call.block()).toBe(1);
      expect(() => careful(post()).block()).toThrowError(/virtual clock/);
      expect(log).toEqual(['begun', 'outer cleaned up', 'post']);
    });
  });

  it('waits on the virtual clock for the cleanup of what will not come', () => {
    runMarbles(() => {
      const call = tamed(function* () {
        try {
          return yield* tamed.from(NEVER);
        } finally {
          yield* tamed.from(timer(5));
          log.push('cleaned up');
        }
      });

      expect(() => call().block()).toThrowError(/virtual clock/);
      expect(log).toEqual(['cleaned up']);
    });
  });

  onlyWhere.loopCanBeTurned.describe('in Node', () => {
    it('is refused in the callback of setImmediate()', async () => {
      const error = await new Promise((resolve) =>
        setImmediate(() => resolve(thrownBy(() => careful(post()).block()))),
      );

      expect((error as Error).message).toContain('setImmediate()');
      expect(log).toEqual(['outer cleaned up']);
    });

    it('is refused inside another one that turns the loop', async () => {
      const error = await synchronous(() => {
        const inner = new Promise((resolve) =>
          setTimeout(() => resolve(thrownBy(() => careful(post()).block())), 1),
        );
        return tamed.from(inner).block();
      });

      expect((error as Error).message).toContain('while another block() turns the event loop');
      expect(log).toEqual(['outer cleaned up']);
    });

    it('is not refused, where the result settles while an obstacle is sought', async () => {
      await using scope = new AsyncScope();

      const value = await new Promise((resolve) =>
        setImmediate(() => {
          const result = scope.start(Promise.resolve('settled'));
          resolve(careful(tamed.from(result)).block());
        }),
      );

      expect(value).toBe('settled');
      expect(log).toEqual(['outer cleaned up']);
    });

    it('begins nothing, where its owner is cancelled while an obstacle is sought', async () => {
      const scope = new AsyncScope();
      const blocks = tamed(() => {
        queueMicrotask(() => scope.cancel());
        return careful(post()).block();
      });

      await synchronous(() => void scope.start(blocks()));

      await scope.close();
      expect(scope.cancelled).toBe(true);
      expect(log).toEqual(['outer cleaned up']);
    });
  });
});
