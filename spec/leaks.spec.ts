import { fileURLToPath } from 'node:url';

import { run } from './support/child-process.ts';
import { compile } from './support/compile.ts';
import { measureHeap } from './support/heap-of-scopes.ts';

const preamble = `
import { EMPTY, finalize, NEVER, Observable, of, Subject, take, throwError, timer } from 'rxjs';
import { abortSignal, AsyncScope, cleanup, sleep, tamed, within } from 'async-tamer';
const ms = (n = 0) => new Promise((resolve) => setTimeout(resolve, n));
const leaf = tamed({ sync: () => 1, async: () => Promise.resolve(1) });
`;

// What lives on while the rest is to be collected.
const world = `
const parent = new AsyncScope();
const { signal } = new AbortController();
const emitter = new Subject();
// For code that lives on, and must not hold what it has made.
const note = (refs, made) => Object.entries(made).forEach(([name, each]) => (refs[name] = new WeakRef(each)));
const noted = (refs) => Object.fromEntries(Object.entries(refs).map(([name, ref]) => [name, ref.deref() ?? {}]));
`;

/**
 * Makes things, and returns those that nobody holds any longer. A function of its own, so that none of its variables does.
 */
const scenarios: Record<string, string> = {
  'a closed scope, its calls, its results and their values': `
    const scope = new AsyncScope();
    const value = {};
    const calls = [
      tamed(function* () { yield* sleep(1); return value; })(),
      tamed(async () => { await sleep(1); return value; })(),
      tamed(async function* () { yield value; })(),
      tamed(() => of(value))(),
    ];
    const results = [...calls, timer(1), Promise.resolve(value)].map((source) => scope.start(source));
    await scope.close();
    return { scope, value, ...calls, ...results };`,

  'a closed scope whose children failed, and their failures': `
    const scope = new AsyncScope({ errorMode: 'continue' });
    const failures = [new Error('a'), new Error('b')];
    const results = failures.map((failure) => scope.start(throwError(() => failure)));
    const raised = await scope.close().catch((error) => error);
    return { scope, raised, ...failures, ...results };`,

  'a scope whose close has named who was never awaited, and what was ended in time': `
    const scope = new AsyncScope({ exitMode: 'raise', timeout: 1e6 });
    const result = scope.start(NEVER);
    const raised = await scope.close().catch((error) => error);
    return { scope, result, raised };`,

  'a cancelled scope that nobody has closed, its signal and its results': `
    const scope = new AsyncScope();
    const results = [scope.start(sleep(1e6)), scope.start(tamed(async () => { await sleep(1e6); })())];
    const { signal } = scope;
    scope.cancel();
    await ms(5);
    return { scope, signal, ...results };`,

  'a scope that a failure has cancelled, which somebody has heard': `
    class Component {
      scope = new AsyncScope();
      async load() { await ms(1); throw new Error('Oh no!'); }
      async show() { await this.scope.start(tamed(() => this.load())()).catch(() => undefined); }
    }
    const component = new Component();
    await component.show();
    return { component, scope: component.scope };`,

  'a nested scope that has closed, while its parent lives': `
    const scope = new AsyncScope({ parent });
    const result = scope.start(leaf());
    await scope.close();
    return { scope, result };`,

  'a nested scope whose close has failed, while its parent lives': `
    const scope = new AsyncScope({ parent });
    const failure = new Error('Oh no!');
    scope.start(throwError(() => failure));
    await scope.close().catch(() => undefined);
    return { scope, failure };`,

  'a nested scope that was dropped, while its parent lives': `
    const scope = new AsyncScope({ parent });
    const result = scope.start(leaf());
    await result;
    return { scope, result };`,

  'a scope that has closed, while its signal lives': `
    const scope = new AsyncScope({ signal });
    const result = scope.start(leaf());
    await scope.close();
    return { scope, result };`,

  'a scope that was cancelled, while its signal lives': `
    const scope = new AsyncScope({ signal });
    const result = scope.start(sleep(1e6));
    scope.cancel();
    return { scope, result };`,

  'a scope that was dropped, while its signal and its timeout live': `
    const scope = new AsyncScope({ signal, timeout: 1e6 });
    const result = scope.start(leaf());
    await result;
    return { scope, result };`,

  'a call whose promise was awaited, and its value': `
    const value = {};
    const calls = [
      tamed(async () => { await ms(1); return value; })(),
      tamed(function* () { yield* sleep(1); return value; })(),
    ];
    const promises = calls.map((call) => call.then());
    await Promise.all(promises);
    return { value, ...calls, ...promises };`,

  'a call that took its signal': `
    const signals = [];
    const call = tamed(async () => { signals.push(abortSignal()); await ms(1); })();
    await call;
    return { call, signal: signals.pop() };`,

  'a long chain of calls that await calls': `
    const value = {};
    const calls = [
      tamed(async function nest(n) { return n === 0 ? value : tamed(nest)(n - 1); })(500),
      tamed(function* nest(n) { return n === 0 ? value : yield* tamed(nest)(n - 1); })(500),
    ];
    for (const call of calls) { await call; }
    return { value, ...calls };`,

  'the earlier links of a chain of calls, each started by the one before': `
    const links = {};
    let reached;
    const end = new Promise((resolve) => (reached = resolve));
    const link = tamed(async (n) => {
      const value = { n };
      note(links, { [n]: value });
      await ms();
      parent.start(n < 40 ? link(n + 1) : sleep(1e6));
      if (n === 40) reached();
      return value;
    });
    await parent.start(link(0));
    await end;
    delete links[40]; // It still runs.
    return noted(links);`,

  'scopes and calls of an async function that lives on': `
    const made = {};
    const make = async () => {
      const [closed, cancelled, dropped, call] = [new AsyncScope(), new AsyncScope(), new AsyncScope(), leaf()];
      const result = closed.start(leaf());
      cancelled.start(sleep(1e6));
      cancelled.cancel();
      await Promise.all([closed.close(), dropped.start(leaf()), call]);
      for await (const value of call) { note(made, { value: { value } }); }
      note(made, { closed, cancelled, dropped, call, result });
    };
    await new Promise((resolve) => {
      parent.start(tamed(async () => { await make(); resolve(); await sleep(1e6); })());
    });
    return noted(made);`,

  'scopes and calls of a generator that lives on': `
    const made = {};
    function* make() {
      const [closed, dropped, call] = [new AsyncScope(), new AsyncScope(), leaf()];
      const result = closed.start(leaf());
      yield* closed.close();
      yield* dropped.start(leaf());
      yield* call;
      note(made, { closed, dropped, call, result });
    }
    await new Promise((resolve) => {
      parent.start(tamed(function* () { yield* make(); resolve(); yield* sleep(1e6); })());
    });
    return noted(made);`,

  'a run, its scope, its body and its children': `
    const made = {};
    const body = async (scope) => {
      made.scope = scope;
      made.result = scope.start(leaf());
      return made.result;
    };
    const run = AsyncScope.run(body);
    await run;
    const failing = AsyncScope.run((scope) => { made.another = scope; throw new Error('Oh no!'); });
    await failing.catch(() => undefined);
    return { ...made, run, failing, body };`,

  'a run that was unsubscribed': `
    const made = {};
    const run = AsyncScope.run((scope) => { made.scope = scope; return NEVER; });
    run.subscribe().unsubscribe();
    return { ...made, run };`,

  'a pipeline within() a scope, while its source lives': `
    const scope = new AsyncScope();
    const subscription = emitter.pipe(within(scope)).subscribe();
    await scope.close(scope.cancel());
    return { scope, subscription };`,

  'the children of a scope that lives on': `
    const value = {};
    const sources = [leaf(), of(value), emitter.pipe(take(1)), tamed(async () => value)(), EMPTY];
    const results = sources.map((source) => parent.start(source));
    emitter.next(1);
    await ms(5);
    return { value, ...sources, ...results };`,

  'those who no longer observe a scope or a result that lives on': `
    const result = parent.start(NEVER);
    const observers = [{ next() {} }, { next() {} }, { next() {} }];
    const subscriptions = [
      parent.events$.subscribe(observers[0]),
      parent.values$.subscribe(observers[1]),
      result.subscribe(observers[2]),
    ];
    subscriptions.forEach((subscription) => subscription.unsubscribe());
    return { ...observers, ...subscriptions.map((each) => [each]) };`,

  'the awaited children of a scope that lives on, in exit mode "raise"': `
    const scope = new AsyncScope({ exitMode: 'raise' });
    globalThis.kept = scope;
    const result = scope.start(leaf());
    await result;
    return { result };`,

  'a scope whose child was let go, and what that holds': `
    const scope = new AsyncScope({ exitMode: 'cancel' });
    const value = {};
    const never = new Promise(() => undefined);
    const result = scope.start(tamed(async () => { await never; return value; })());
    await scope.close();
    return { scope, result, value };`,

  'a scope whose cleanup timeout ran out': `
    const scope = new AsyncScope({ exitMode: 'cancel', cleanupTimeout: 1 });
    const result = scope.start(NEVER.pipe(finalize(() => cleanup(sleep(5)))));
    await scope.close().catch(() => undefined);
    await ms(10);
    return { scope, result };`,
};

/** Prints, for each scenario, what of it is still there. */
const collectable = `${preamble}${world}
async function survivors(make) {
  const made = Object.entries(await make()).map(([name, each]) => [name, new WeakRef(each)]);
  const left = () => made.filter(([, each]) => each.deref() !== undefined).map(([name]) => name);
  for (let i = 0; i < 100 && left().length > 0; i++) { // What is asked for once stays until the next turn.
    await ms(2);
    gc();
  }
  return left();
}
const scenarios = {
${Object.entries(scenarios)
  .map(([name, body]) => `${JSON.stringify(name)}: async () => {${body}\n}`)
  .join(',\n')}
};
const left = {};
for (const [name, make] of Object.entries(scenarios)) {
  left[name] = await survivors(make);
}
console.log(JSON.stringify(left));
process.exit(Number(parent.closed || signal.aborted || emitter.closed)); // They have lived until here.
`;

/** Prints how much the heap has grown, in bytes, from the first fifth of so many to the last. */
const heap = `${preamble}${measureHeap}const scope = new AsyncScope();
const kinds = {
  coroutine: tamed(function* () { return yield* leaf(); }),
  asyncFunction: tamed(async () => { await leaf(); }),
  observable: () => new Observable((subscriber) => {
    queueMicrotask(() => {
      subscriber.next(1);
      subscriber.complete();
    });
  }),
};
const start = async (count, make) => {
  for (let i = 0; i < count; i += 1000) {
    await tamed.all(Array.from({ length: 1000 }, () => scope.start(make())));
  }
};
const awaiting = tamed(async (count, sizes) => {
  for (let i = 1; i <= count; i++) {
    await leaf();
    if (i % 10 === 0) {
      const own = new AsyncScope();
      own.start(leaf());
      await own.close();
    }
    if ([1, 3, 5].includes((5 * i) / count)) {
      sizes.push(await heap());
    }
  }
});
const dropping = async (count) => {
  for (let i = 0; i < count; i += 1000) {
    await tamed.all(Array.from({ length: 1000 }, () => new AsyncScope({ parent: scope }).start(leaf())));
    await ms();
  }
};
const kind = process.argv[2];
const sizes = [];
if (kind === 'dropped') {
  for (const count of [5_000, 10_000, 10_000]) {
    await dropping(count);
    sizes.push(await heap());
  }
} else if (kind === 'awaiting') {
  await scope.start(awaiting(100_000, sizes));
} else {
  for (const count of [20_000, 40_000, 40_000]) {
    await start(count, kinds[kind]);
    sizes.push(await heap());
  }
}
// What leaks, leaks both times; what Node keeps for itself, or lets go, it does once.
console.log(Math.min(sizes[1] - sizes[0], sizes[2] - sizes[1]), scope.size);
`;

describe('What has ended', () => {
  let programs: Map<string, URL>;
  let left: Record<string, string[]>;

  async function runs(name: string, ...args: string[]): Promise<string> {
    const file = fileURLToPath(programs.get(name)!);
    const { stdout, stderr, code } = await run(['--expose-gc', file, ...args]);
    expect([stderr, code]).toEqual(['', 0]);
    return stdout;
  }

  beforeAll(async () => {
    programs = compile('leaks', new Map(Object.entries({ 'collectable.ts': collectable, 'heap.ts': heap })));
    left = JSON.parse(await runs('collectable.ts')) as Record<string, string[]>;
  });

  describe('is collected while the program runs on:', () => {
    for (const name of Object.keys(scenarios)) {
      it(name, () => {
        expect(left[name]).toEqual([]);
      });
    }
  });

  describe('leaves the heap as it was, after', () => {
    for (const [kind, title] of [
      ['coroutine', '100 000 coroutines in one scope'],
      ['asyncFunction', '100 000 async functions in one scope'],
      ['observable', '100 000 Observables in one scope'],
      ['awaiting', '100 000 calls that one async function awaits, which makes 10 000 scopes'],
      ['dropped', '25 000 scopes that were dropped, nested in one that lives on'],
    ] as const) {
      it(title, async () => {
        const [growth, size] = (await runs('heap.ts', kind)).split(' ').map(Number);

        // A place in a list for each of the 40 000 between two measurements takes twice as much.
        expect(growth).toBeLessThan(160_000);
        expect(size).toBe(0);
      });
    }
  });
});
