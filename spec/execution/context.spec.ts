import { fileURLToPath } from 'node:url';

import { run } from '../support/child-process.ts';
import { compile } from '../support/compile.ts';

describe('The current call is carried by', () => {
  let programs: Map<string, URL>;

  beforeAll(() => {
    programs = compile('current-call', new Map(Object.entries(sources)));
  });

  /** What a program printed, line by line. */
  async function linesOf(name: string): Promise<string[]> {
    const { stdout, stderr } = await run([fileURLToPath(programs.get(name)!)]);
    expect(stderr).toBe('');
    return stdout.trimEnd().split('\n');
  }

  it('AsyncContext, where there is one, and nothing else then', async () => {
    expect(await linesOf('async-context.ts')).toEqual(['same call: true', 'made: Variable']);
  });

  it('AsyncLocalStorage elsewhere, made once, for the first async function', async () => {
    const lines = await linesOf('async-local-storage.ts');

    expect(lines).toEqual(['before: 0', 'after: node:async_hooks', 'after more: node:async_hooks']);
  });

  it('nothing for generators and leaves, which never make an AsyncLocalStorage', async () => {
    const lines = await linesOf('generators-alone.ts');

    expect(lines).toEqual(['value 3', 'cancelled child, cleaned up', 'made 0']);
  });
});

const preamble = `
import { abortSignal, AsyncScope, sleep, tamed } from 'async-tamer';
const current = () => { try { return abortSignal(); } catch { return undefined; } };
const hooks = 'node:async_hooks';
const foreign = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms));
`;

/** Programs that change what the runtime offers; before they use the library, which looks for it late. */
const sources: Record<string, string> = {
  'async-context.ts': `${preamble}
    import { AsyncLocalStorage } from 'node:async_hooks';
    const made = [];
    class Variable {
      #storage = new AsyncLocalStorage();
      constructor() { made.push('Variable'); }
      run(value, fn, ...args) { return this.#storage.run(value, fn, ...args); }
      get() { return this.#storage.getStore(); }
    }
    globalThis.AsyncContext = { Variable };
    const { getBuiltinModule } = process;
    process.getBuiltinModule = (id) => { if (id === 'node:async_hooks') made.push(id); return getBuiltinModule(id); };
    const call = tamed(async () => {
      const before = current();
      await foreign();
      return before !== undefined && before === current();
    });
    console.log('same call:', await call());
    console.log('made:', made.join());`,

  'async-local-storage.ts': `${preamble}
    const asked = [];
    const { getBuiltinModule } = process;
    process.getBuiltinModule = (id) => { if (id === hooks) asked.push(id); return getBuiltinModule(id); };
    console.log('before:', asked.length);
    const call = tamed(async () => { await foreign(); });
    await call();
    console.log('after:', asked.join());
    await call();
    await tamed.all([call(), call()]);
    console.log('after more:', asked.join());`,

  'generators-alone.ts': `${preamble}
    import { concat, of, timer } from 'rxjs';
    import { cleanup, within } from 'async-tamer';
    const asked = [];
    const { getBuiltinModule } = process;
    const AsyncLocalStorage = class { constructor() { asked.push('AsyncLocalStorage'); } };
    process.getBuiltinModule = (id) => ({ ...getBuiltinModule(id), AsyncLocalStorage });
    const leaf = tamed({ sync: () => 1, async: () => Promise.resolve(1) });
    const asyncLeaf = tamed({ sync: () => 1, async: () => concat(of(1), timer(1)) });
    const log = [];
    const add = tamed(function* (a, b) { yield* sleep(1); yield* leaf(); yield* asyncLeaf(); return a + b; });
    const forever = tamed(function* () {
      try { yield* sleep(Infinity); } finally { yield* sleep(1); log.push('cleaned up'); }
    });
    const run = AsyncScope.run(function* (scope) {
      const value = scope.start(add(1, 2));
      const other = scope.start(forever());
      yield* tamed.from(Promise.resolve());
      yield* tamed.all([leaf(), add(1, 1)]);
      cleanup(sleep(1));
      add(1, 1).pipe(within(scope)).subscribe();
      current();
      console.log('value', yield* value);
      scope.cancel();
      log.push(other.status + ' child');
    });
    await run;
    console.log(log.join(', '));
    console.log('made', asked.length);`,
};
