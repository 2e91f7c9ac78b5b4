import { NEVER, timer } from 'rxjs';

import { AsyncScope, BlockingError, sleep, tamed } from '../../src/index.ts';

describe('block() in a browser', () => {
  it('drives a coroutine through leaves with a sync', () => {
    const leaf = tamed({ sync: (n: number) => n, async: async (n: number) => n });
    const sum = tamed(function* () {
      return (yield* leaf(1)) + (yield* leaf(2));
    });

    expect(sum().block()).toBe(3);
  });

  it('refuses an async function before it runs, and says what to do', () => {
    const body = jasmine.createSpy<() => void>('body');

    expect(() => tamed(async () => body())().block()).toThrowError(
      BlockingError,
      /^Cannot block in a browser: .* Use "await", or a coroutine whose leaves all have a "sync"\.$/,
    );
    expect(body).not.toHaveBeenCalled();
  });

  it('cancels what began before it throws', () => {
    const log: string[] = [];
    const cautious = tamed(function* () {
      try {
        log.push('begun');
        yield* tamed.from(NEVER);
      } finally {
        log.push('unwound');
      }
    });

    expect(() => cautious().block()).toThrowError(BlockingError);
    expect(log).toEqual(['begun', 'unwound']);
  });

  it('goes on to work after a refusal', () => {
    expect(() => tamed.from(timer(1)).block()).toThrowError(BlockingError);

    expect(tamed.all([tamed(() => 1)()]).block()).toEqual([1]);
  });

  it('refuses sleep(), since the thread of a page must not sleep', () => {
    expect(() => sleep(1).block()).toThrowError(
      BlockingError,
      /^Cannot block on sleep\(\) in a page: .*"await"\.$/,
    );
  });

  it('refuses an Observable that does not end at once, in a task of its own, too', (done) => {
    setTimeout(() => {
      expect(() => tamed.from(timer(1)).block()).toThrowError(BlockingError, /^Cannot block in a browser/);
      done();
    });
  });

  it('is what "using" cannot do: the scope is cancelled, and names what to use', async () => {
    const scope = new AsyncScope();
    const result = scope.start(timer(1));

    expect(() => scope[Symbol.dispose]()).toThrowError(
      BlockingError,
      /Use "await using", or AsyncScope\.run\(\)\. Cannot block in a browser/,
    );
    expect(result.status).toBe('cancelled');
    await scope.close();
  });
});
