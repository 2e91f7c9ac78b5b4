import { throwError, type Subscription } from 'rxjs';

import { AsyncScope, sleep, tamed, within } from 'async-tamer';
import { longStackTraces } from 'async-tamer/trace';

const fail = tamed(function* fail() {
  yield* sleep(1);
  throw new RangeError('Oh no!');
});

/** Starts one that will fail. */
function main(scope: AsyncScope): Promise<unknown> {
  return scope.start(fail()).catch((error: unknown) => error);
}

/** What the frames of an error are called that were added to its stack. */
function startsIn(error: unknown): string[] {
  const { stack = '' } = error as Error;
  return [...stack.matchAll(/start of ([^:]+): (?:async )?([\w$.]*)/g)].map(
    ([, child, fn]) => `${child} in ${fn}`,
  );
}

describe('Long stack traces', () => {
  let traces: Subscription | undefined;

  beforeEach(() => {
    traces = longStackTraces();
  });

  afterEach(() => {
    traces?.unsubscribe();
  });

  it('end in where the child was started that failed', async () => {
    const error = (await main(new AsyncScope())) as Error;

    expect(startsIn(error)).toEqual(['fail (#1) in main']);
    expect(error.stack?.split('\n')[0]).toContain(error.stack!.includes('@') ? '' : 'RangeError: Oh no!');
  });

  it('name the line, in a form that is one of frames', async () => {
    const { stack = '' } = (await main(new AsyncScope())) as Error;

    const line = stack.split('\n').find((each) => each.includes('start of'));
    expect(line).toMatch(
      /^(?: {4}at start of fail \(#1\): main \(.*:\d+:\d+\)|start of fail \(#1\): main@.*:\d+:\d+)$/,
    );
  });

  it('go on to where the child was started that started it, however that is nested', async () => {
    const middle = tamed(function* middle(scope: AsyncScope) {
      yield* sleep(1);
      yield* tamed(function* startInner() {
        yield* sleep(1);
        yield* scope.start(fail());
      })();
    });
    const outer = tamed(function* outer() {
      yield* sleep(1);
      yield* AsyncScope.run(function* body(scope) {
        yield* sleep(1);
        yield* scope.start(middle(scope));
      });
    });
    const scope = new AsyncScope();

    const error = await scope.start(outer()).catch((failure: unknown) => failure);

    expect(startsIn(error).map((start) => start.replace(/ in .*/, ''))).toEqual([
      'fail (#2)',
      'middle (#1)',
      'outer (#1)',
    ]);
  });

  it('leave the error what it is', async () => {
    const failure = new RangeError('Oh no!');
    const scope = new AsyncScope();

    const error = await scope.start(throwError(() => failure)).catch((each: unknown) => each);

    expect(error).toBe(failure);
    expect(failure.message).toBe('Oh no!');
    expect(startsIn(error).length).toBe(1);
  });

  it('take what is no error, or frozen, as it is', async () => {
    const frozen = Object.freeze(new Error('cold'));
    const scope = new AsyncScope({ errorMode: 'continue' });

    const caught = await Promise.all(
      ['a string', frozen, undefined].map((failure) =>
        scope.start(throwError(() => failure)).catch((each: unknown) => each),
      ),
    );

    expect(caught).toEqual(['a string', frozen, undefined]);
  });

  it('tell of sources in pipelines, too', async () => {
    const scope = new AsyncScope();

    const error = await new Promise((resolve) => {
      throwError(() => new Error('Oh no!'))
        .pipe(within(scope))
        .subscribe({ error: resolve });
    });

    expect(startsIn(error).length).toBe(1);
  });

  it('do not grow without end where each child starts the next one', async () => {
    const scope = new AsyncScope();
    const chain = tamed(function* chain(n: number): Generator<never, void, never> {
      yield* sleep(0);
      if (n === 0) {
        throw new Error('Oh no!');
      }
      scope.start(chain(n - 1));
    });

    scope.start(chain(50));
    await new Promise((resolve) => scope.events$.subscribe(({ type }) => type === 'error' && resolve(type)));
    const error = await scope
      .close()
      .catch((raised: unknown) => (raised as AggregateError).errors[0] as unknown);

    expect(startsIn(error).length).toBe(8);
  });

  it('are as they were after somebody has unsubscribed, but for others who want them', async () => {
    const others = longStackTraces();
    traces?.unsubscribe();
    const error = await main(new AsyncScope());
    others.unsubscribe();
    others.unsubscribe();
    const plain = await main(new AsyncScope());

    expect(startsIn(error)).toEqual(['fail (#1) in main']);
    expect(startsIn(plain)).toEqual([]);
  });
});
