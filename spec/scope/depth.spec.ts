import { finalize, NEVER, of, ReplaySubject, type Observable } from 'rxjs';

import { AsyncScope, sleep, tamed, type ChildInfo, type TamedCall } from '../../src/index.ts';
import { runMarbles } from '../../src/testing/index.ts';
import { macrotasks } from '../support/macrotasks.ts';

/** More than begin one inside the other. */
const DEEP = 300;

/** Starts the next one, which starts the next one; `last` is the innermost. */
function chain(scope: AsyncScope, length: number, last: () => unknown): TamedCall<unknown> {
  const link = tamed((left: number): unknown => (left === 0 ? last() : scope.start(link(left - 1))));
  return link(length);
}

describe('Children, each of which starts the next one as it begins', () => {
  it('do not need the stack, as coroutines', async () => {
    await using scope = new AsyncScope();
    const count = tamed(function* (left: number): Generator<never, number, never> {
      return left === 0 ? 0 : 1 + (yield* scope.start(count(left - 1)));
    });

    expect(await scope.start(count(2_000))).toBe(2_000);
  });

  it('do not need the stack, as async functions', async () => {
    await using scope = new AsyncScope();
    const count = tamed(async (left: number): Promise<number> =>
      left === 0 ? 0 : 1 + (await scope.start(count(left - 1))),
    );

    expect(await scope.start(count(2_000))).toBe(2_000);
  });

  it('do not need the stack, if they start it in the queue', async () => {
    await using scope = new AsyncScope({ concurrency: 1 });
    const count = tamed(function* (left: number): Generator<never, number, never> {
      return left === 0 ? 0 : 1 + (yield* scope.start(count(left - 1)));
    });

    expect(await scope.start(count(2_000))).toBe(2_000);
  });

  it('do not need the stack, in scopes of their own', async () => {
    await using scope = new AsyncScope();
    const count = tamed(function* (left: number): Generator<never, number, never> {
      return left === 0 ? 0 : 1 + (yield* AsyncScope.run((inner) => inner.start(count(left - 1))));
    });

    expect(await scope.start(count(2_000))).toBe(2_000);
  });

  it('have all begun when the outermost start returns', () => {
    const scope = new AsyncScope();

    const result = scope.start(chain(scope, DEEP, () => of('last')));

    expect(result.value).toBe('last');
    expect(scope.size).toBe(0);
  });

  it('fail the scope with the failure of the innermost', async () => {
    const scope = new AsyncScope();
    const failure = new Error('at the bottom');

    const result = scope.start(
      chain(scope, DEEP, () => {
        throw failure;
      }),
    );

    await expectAsync(Promise.resolve(result)).toBeRejectedWith(failure);
    await scope.close();
  });

  it('are queued, if too many begin one inside the other', () => {
    const scope = new AsyncScope();
    const events: string[] = [];
    const states: (ChildInfo['state'] | undefined)[] = [];
    scope.events$.subscribe(({ id, type }) => events.push(`${id} ${type}`));
    const link = tamed((left: number) => {
      if (left > 0) {
        scope.start(link(left - 1));
        states.push(scope.children.at(-1)?.state);
      }
      return NEVER;
    });

    scope.start(link(DEEP));

    expect(events.slice(0, 2)).toEqual(['1 start', '2 start']);
    const late = events.find((event) => event.endsWith('queue'))?.split(' ')[0] ?? 'none';
    expect(events.filter((event) => event.startsWith(`${late} `))).toEqual([
      `${late} queue`,
      `${late} start`,
    ]);
    expect(states[0]).toBe('queued');
    expect(scope.children.every(({ state }) => state === 'running')).toBeTrue();
    scope.cancel();
  });

  it('do not begin, if they are cancelled before it is their turn', () => {
    const scope = new AsyncScope();
    let begun = 0;
    const link = tamed((left: number) => {
      begun++;
      if (left > 0) {
        scope.start(link(left - 1));
        if (scope.children.at(-1)?.state === 'queued') {
          scope.cancel();
        }
      }
      return NEVER;
    });

    scope.start(link(DEEP));

    expect(begun).toBeLessThan(DEEP);
    expect(scope.size).toBe(0);
  });

  it('do not begin, if their own signal aborts before it is their turn', () => {
    const scope = new AsyncScope();
    const begun: string[] = [];
    const abort = new AbortController();
    const late = tamed(() => begun.push('late'));
    const link = tamed((left: number) => {
      if (left > 0) {
        scope.start(link(left - 1));
        return;
      }
      scope.start(late(), { signal: abort.signal });
      scope.start(late());
      abort.abort();
    });

    for (let length = 0; begun.length !== 1 && length < DEEP; length++) {
      begun.length = 0;
      scope.start(link(length)); // Until the last of them is the first that has to wait, with those two inside.
    }

    expect(begun).toEqual(['late']);
  });

  it('begin where code blocks for their results', () => {
    const scope = new AsyncScope();
    const lengths: unknown[] = [];
    const link = tamed((left: number): number => {
      const length = left === 0 ? 0 : 1 + scope.start(link(left - 1)).block();
      lengths.push(length);
      return length;
    });

    expect(scope.start(link(150)).block()).toBe(150);
    expect(lengths).toHaveSize(151);
  });

  it('begin while code far down blocks, and let that go on', () => {
    runMarbles(() => {
      const scope = new AsyncScope();
      const begun: number[] = [];
      const later = tamed(function* (): Generator<never, number, never> {
        yield* sleep(5);
        return yield* scope.start(tamed(() => begun.push(scope.size))());
      });
      const link = tamed((left: number): unknown =>
        left === 0 ? scope.start(later()).block() : scope.start(link(left - 1)),
      );

      for (let length = 90; length < 110; length++) {
        expect(scope.start(link(length)).status).toBe('succeeded');
      }

      expect(begun).toHaveSize(20);
    });
  });
});

/** A call that makes a scope, in which such a call makes the next one; the innermost waits for ever. */
type Nest = (depth: number, ended: number[]) => TamedCall<unknown>;

const nests: Readonly<Record<string, Nest>> = {
  'runs in generators': tamed(function* (depth: number, ended: number[]): Generator<never, unknown, never> {
    try {
      return yield* depth === 0
        ? sleep(Infinity)
        : AsyncScope.run((scope) => scope.start(nests['runs in generators']!(depth - 1, ended)));
    } finally {
      ended.push(depth);
    }
  }),
  'runs in async functions': tamed(async (depth: number, ended: number[]): Promise<unknown> => {
    try {
      return await (depth === 0
        ? sleep(Infinity)
        : AsyncScope.run(async (scope) => scope.start(nests['runs in async functions']!(depth - 1, ended))));
    } finally {
      ended.push(depth);
    }
  }),
  'scopes that are left open': tamed(function* (
    depth: number,
    ended: number[],
  ): Generator<never, unknown, never> {
    try {
      const inner = new AsyncScope();
      return yield* inner.start(
        depth === 0 ? sleep(Infinity) : nests['scopes that are left open']!(depth - 1, ended),
      );
    } finally {
      ended.push(depth);
    }
  }),
};

describe('Calls, each of which makes a scope in the one before', () => {
  for (const [name, nest] of Object.entries(nests)) {
    it(`are cancelled without need of the stack, the innermost first: ${name}`, async () => {
      const scope = new AsyncScope();
      const ended: number[] = [];
      const begun = scope.start(nest(1_000, ended));
      await macrotasks();

      scope.cancel();
      await scope.close();

      expect(begun.status).toBe('cancelled');
      expect(ended).toEqual(Array.from({ length: 1_001 }, (_, index) => index));
    });
  }

  it('are cancelled without need of the stack where the bodies of runs have returned', () => {
    const scope = new AsyncScope();
    let ended = 0;
    const nest = (depth: number): TamedCall<unknown> =>
      AsyncScope.run((inner) => {
        const next: Observable<unknown> = depth === 0 ? NEVER : nest(depth - 1);
        inner.start(next.pipe(finalize(() => ended++)));
      });
    scope.start(nest(1_000));

    scope.cancel();

    expect(ended).toBe(1_001);
    expect(scope.size).toBe(0);
  });

  it('have cleaned up when the cancel returns, if that takes no time', () => {
    const scope = new AsyncScope();
    const ended: number[] = [];
    scope.start(nests['scopes that are left open']!(500, ended));

    scope.cancel();

    expect(ended).toHaveSize(501);
    expect(scope.size).toBe(0);
  });

  it('are cancelled, however deep, before a teardown beside them blocks for their cleanup', () => {
    runMarbles(() => {
      const cleaned = new ReplaySubject<string>();
      const around = new AsyncScope();
      const result = new AsyncScope().start(cleaned);
      const nest = tamed(function* (depth: number): Generator<never, unknown, never> {
        try {
          return yield* new AsyncScope().start(depth === 0 ? sleep(Infinity) : nest(depth - 1));
        } finally {
          if (depth === 0) {
            yield* sleep(5);
            cleaned.next('cleaned');
            cleaned.complete();
          }
        }
      });
      const told: string[] = [];
      around.start(
        AsyncScope.run((scope) => {
          scope.start(nest(120));
          scope.start(NEVER.pipe(finalize(() => told.push(result.block()))));
          return NEVER;
        }),
      );

      around.cancel();

      expect(told).toEqual(['cleaned']);
    });
  });
});
