import { TestScheduler } from 'rxjs/testing';

import { AsyncScope, sleep, tamed, type AsyncScopeOptions } from 'async-tamer';
import { trace, type Trace, type TraceOptions } from 'async-tamer/trace';

/** Runs in virtual time: whatever is to happen in it happens when `flush()` is called, or at the end. */
export function virtually(test: (flush: () => void) => void): void {
  new TestScheduler(() => undefined).run(({ flush }) => test(flush));
}

/** Records a scope in virtual time, until everything has come to an end, and closes it. */
export function recorded(
  body: (scope: AsyncScope) => void,
  options: AsyncScopeOptions & TraceOptions = {},
): Trace {
  const { limit, ...rest } = options;
  let recording: Trace | undefined;
  virtually((flush) => {
    const scope = new AsyncScope({ name: 'page', ...rest });
    recording = trace(scope, { limit });
    body(scope);
    flush();
    scope.close().catch(() => undefined);
    flush();
  });
  return recording!;
}

/** Waits, fails if it is told how, and cleans up for so long if it is cancelled. */
export const work = tamed(function* work(ms: number, { fails, cleanup = 0 }: Work = {}) {
  let done = false;
  try {
    yield* sleep(ms);
    done = true;
  } finally {
    if (!done && cleanup > 0) {
      yield* sleep(cleanup);
    }
  }
  if (fails !== undefined) {
    throw new RangeError(fails);
  }
});

export interface Work {
  readonly fails?: string;
  readonly cleanup?: number;
}

/** The same under another name. */
export function named(name: string): typeof work {
  return tamed(Object.defineProperty((ms: number, how?: Work) => work(ms, how), 'name', { value: name }));
}
