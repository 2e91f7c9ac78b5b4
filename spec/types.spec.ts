import { fileURLToPath } from 'node:url';

import { expectTypeOf } from 'expect-type';
import { mergeMap, of, type Observable } from 'rxjs';
import ts from 'typescript';

import {
  acquire,
  allSettled,
  AsyncScope,
  concurrently,
  latest,
  sleep,
  tamed,
  within,
  type ChildInfo,
  type DelayedResult,
  type Emitted,
  type PlatformObservable,
  type ScopeEvent,
  TamedCall,
} from '../src/index.ts';

/** Compiled, and not run. */
function misuse(code: () => unknown): void {
  expect(code).toBeInstanceOf(Function);
}

/** What an editor shows at the last place of a name in a program beside this file. */
function hover(code: string): (name: string) => string {
  const file = fileURLToPath(new URL('hovered.ts', import.meta.url));
  const { readFile, fileExists, directoryExists, readDirectory, getDirectories } = ts.sys;
  const read = (path: string): string | undefined => (path === file ? code : readFile(path));
  const service = ts.createLanguageService({
    ...{ readFile, fileExists, directoryExists, readDirectory, getDirectories },
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (path) => ts.ScriptSnapshot.fromString(read(path) ?? ''),
    getCurrentDirectory: () => fileURLToPath(new URL('.', import.meta.url)),
    getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
    getCompilationSettings: () => ({
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      allowImportingTsExtensions: true,
      strict: true,
      types: [],
    }),
  });
  return (name) => {
    const info = service.getQuickInfoAtPosition(file, code.lastIndexOf(name));
    const [shown, comment] = [info?.displayParts, info?.documentation].map(ts.displayPartsToString);
    return [shown, comment].join('\n').trim();
  };
}

// What is checked here is checked by the compiler; a spec that runs says which promise that is.
describe('The types', () => {
  it('say what a call emits, for each shape', () => {
    expectTypeOf<Emitted<number>>().toEqualTypeOf<number>();
    expectTypeOf<Emitted<number[]>>().toEqualTypeOf<number[]>();
    expectTypeOf<Emitted<string>>().toEqualTypeOf<string>();
    expectTypeOf<Emitted<Promise<number>>>().toEqualTypeOf<number>();
    expectTypeOf<Emitted<Promise<Promise<number>>>>().toEqualTypeOf<number>();
    expectTypeOf<Emitted<Observable<number>>>().toEqualTypeOf<number>();
    expectTypeOf<Emitted<PlatformObservable<number>>>().toEqualTypeOf<number>();
    expectTypeOf<Emitted<TamedCall<number>>>().toEqualTypeOf<number>();
    expectTypeOf<Emitted<DelayedResult<number>>>().toEqualTypeOf<number>();
    expectTypeOf<Emitted<Generator<never, number>>>().toEqualTypeOf<number>();
    expectTypeOf<Emitted<AsyncGenerator<number, string>>>().toEqualTypeOf<number>();
    expectTypeOf<Emitted<number | Promise<string>>>().toEqualTypeOf<number | string>();
    expectTypeOf<Emitted<undefined>>().toEqualTypeOf<undefined>();
    expectTypeOf<Emitted<unknown>>().toEqualTypeOf<unknown>();
    expectTypeOf<Emitted<never>>().toEqualTypeOf<never>();

    expect(tamed(() => 1)).toBeInstanceOf(Function);
  });

  it('keep the arguments, "this", and what is generic', () => {
    const echo = tamed(async <T>(value: T) => value);
    const add = tamed((a: number, b?: number) => a + (b ?? 0));
    const named = tamed(function (this: { name: string }) {
      return this.name;
    });

    expectTypeOf(echo('a')).toEqualTypeOf<TamedCall<string>>();
    expectTypeOf(add).parameters.toEqualTypeOf<[a: number, b?: number | undefined]>();
    expectTypeOf(named).thisParameter.toEqualTypeOf<{ name: string }>();
    // @ts-expect-error -- a string is no number
    misuse(() => add('1'));
    // @ts-expect-error -- without its object
    misuse(() => named());

    expect(echo.length).toBe(1);
  });

  it('keep the last of several overloads', () => {
    function twice(value: string): string;
    function twice(value: number): number;
    function twice(value: string | number): string | number {
      return typeof value === 'number' ? 2 * value : value + value;
    }
    const call = tamed(twice);

    expectTypeOf(call).toEqualTypeOf<(value: number) => TamedCall<number>>();
    // @ts-expect-error -- an overload that is lost
    misuse(() => call('a'));
  });

  it('show no "this" where a function has none, and comments at what tamed() has, to who hovers over them', () => {
    const comments = hover(`
      import { tamed } from '../src/index.ts';
      const echo = tamed(async <T>(value: T) => value);
      const leaf = tamed('a', { sync: (n: number) => n, async: async (n: number) => n });
      const named = tamed(function (this: { name: string }) { return this.name; });
      tamed.from([1]);
      tamed.all([]);`);

    expect(comments('echo')).toBe('const echo: <T>(value: T) => TamedCall<Awaited<T>>');
    expect(comments('leaf')).toBe('const leaf: (n: number) => TamedCall<number>');
    expect(comments('named')).toMatch(/^const named: \(this: {\s+name: string;\s+}\) => TamedCall<string>$/);
    expect(comments('from')).toMatch(
      /^function tamed\.from<.*\nMakes a call of anything that RxJS can subscribe to/,
    );
    expect(comments('all')).toMatch(/^function tamed\.all<.*\nWaits for several calls/);
  });

  it('say what yield*, await and operators get', async () => {
    const count = tamed(async () => 1);
    const coroutine = tamed(function* () {
      const value = yield* count();
      expectTypeOf(value).toEqualTypeOf<number>();
      return [value] as const;
    });

    expectTypeOf(coroutine()).toEqualTypeOf<TamedCall<readonly [number]>>();
    expectTypeOf(await count()).toEqualTypeOf<number>();
    expectTypeOf(of(1).pipe(mergeMap(() => count()))).toEqualTypeOf<Observable<number>>();
    expectTypeOf(of('a').pipe(within(new AsyncScope()))).toEqualTypeOf<Observable<string>>();

    expect(await coroutine()).toEqual([1]);
  });

  it('say what is made of several calls, of a leaf, and of a source', async () => {
    const both = tamed.all([tamed(() => 1)(), Promise.resolve('a'), of(true)]);
    const platform = of() as unknown as PlatformObservable<Date>;
    const leaf = tamed({ sync: (path: string) => path.length, async: async (path: string) => path.length });

    expectTypeOf(both).toEqualTypeOf<TamedCall<[number, string, boolean]>>();
    expectTypeOf(leaf).toEqualTypeOf<(path: string) => TamedCall<number>>();
    expectTypeOf(tamed.from(of(1))).toEqualTypeOf<TamedCall<number>>();
    expectTypeOf(tamed.from(platform)).toEqualTypeOf<TamedCall<Date>>();
    expectTypeOf(tamed.all([platform])).toEqualTypeOf<TamedCall<[Date]>>();
    expectTypeOf(sleep(0)).toEqualTypeOf<TamedCall<void>>();
    // @ts-expect-error -- the two are to give the same
    misuse(() => tamed({ sync: () => 1, async: async () => 'a' }));

    expect(await both).toEqual([1, 'a', true]);
  });

  it('say what a stream of the web holds, and not what its reader of bytes would give', () => {
    const numbers = new ReadableStream<number>();
    const { body } = new Response('abc');

    expectTypeOf(tamed.from(numbers)).toEqualTypeOf<TamedCall<number>>();
    expectTypeOf(tamed.from(body!)).toEqualTypeOf<TamedCall<Uint8Array<ArrayBuffer>>>();
    expectTypeOf(tamed.all([numbers])).toEqualTypeOf<TamedCall<[number]>>();
    expectTypeOf(tamed(() => numbers)()).toEqualTypeOf<TamedCall<number>>();
    expectTypeOf(acquire(numbers, () => undefined)).toEqualTypeOf<TamedCall<number>>();
    misuse(() => expectTypeOf(new AsyncScope().start(numbers)).toEqualTypeOf<DelayedResult<number>>());

    expect(numbers.locked).toBeFalse();
  });

  it('say the outcome of each of several calls', async () => {
    const outcomes = allSettled([tamed(() => 1)(), Promise.resolve('a'), of(true)]);
    const list: TamedCall<number>[] = [];

    expectTypeOf(outcomes).toEqualTypeOf<
      TamedCall<[PromiseSettledResult<number>, PromiseSettledResult<string>, PromiseSettledResult<boolean>]>
    >();
    expectTypeOf(allSettled(list)).toEqualTypeOf<TamedCall<PromiseSettledResult<number>[]>>();
    // @ts-expect-error -- a function instead of its call
    misuse(() => allSettled([sleep]));

    expect((await outcomes).length).toBe(3);
  });

  it('say what is given for each value of a source', async () => {
    const options = { concurrency: 2 };
    async function* words(): AsyncGenerator<string> {
      yield 'a';
    }

    const lengths = concurrently(words(), (word) => word.length, options);
    expectTypeOf(lengths).toEqualTypeOf<TamedCall<number>>();
    expectTypeOf(concurrently([1], async (n) => [n], options)).toEqualTypeOf<TamedCall<number[]>>();
    expectTypeOf(concurrently(of(1), (n) => of(n > 0), options)).toEqualTypeOf<TamedCall<boolean>>();
    concurrently(lengths, (n, index) => expectTypeOf([n, index]).toEqualTypeOf<number[]>(), options);
    concurrently(new AsyncScope().start(of(1)), (n) => expectTypeOf(n).toEqualTypeOf<number>(), options);
    // @ts-expect-error -- without saying how many at once
    misuse(() => concurrently([1], (n) => n, { ordered: true }));
    // @ts-expect-error -- not each of a promise
    misuse(() => concurrently(Promise.resolve(1), (n) => n, options));

    expect(await lengths).toBe(1);
  });

  it('say what is acquired', () => {
    const connect = tamed(async () => ({ close: async () => true }));
    const db = acquire(connect(), (it) => expectTypeOf(it.close).toEqualTypeOf<() => Promise<boolean>>());

    expectTypeOf(db).toEqualTypeOf<TamedCall<{ close: () => Promise<boolean> }>>();
    expectTypeOf(acquire(of(1), () => undefined)).toEqualTypeOf<TamedCall<number>>();
    expectTypeOf(acquire(Promise.resolve('a'), sleep.bind(undefined, 1))).toEqualTypeOf<TamedCall<string>>();
    // @ts-expect-error -- it is released by a function
    misuse(() => acquire(of(1)));
    // @ts-expect-error -- a function is no source
    misuse(() => acquire(connect, () => undefined));

    expect(db).toBeInstanceOf(TamedCall);
  });

  it('know what a start, a shutdown and a block may be told', () => {
    const scope = new AsyncScope();
    const result = scope.start(of(1), { service: true, name: 'pump', signal: scope.signal });

    expectTypeOf(result).toEqualTypeOf<DelayedResult<number>>();
    expectTypeOf(scope.shutdown({ timeout: 1 })).toEqualTypeOf<DelayedResult<void>>();
    expectTypeOf(tamed(() => 1)().block({ timeout: 1 })).toEqualTypeOf<number>();
    // @ts-expect-error -- it is one or none
    misuse(() => scope.start(of(1), { service: 'pump' }));
    // @ts-expect-error -- a number of ms
    misuse(() => scope.shutdown({ timeout: '1 s' }));
    // @ts-expect-error -- in ms, and by name
    misuse(() => tamed(() => 1)().block(1));

    expect(scope.shutdown()).toBe(scope.close());
  });

  it('say what the latest call emits', () => {
    expectTypeOf(of('a').pipe(latest((word) => [word]))).toEqualTypeOf<Observable<string[]>>();
    expectTypeOf(of('a').pipe(latest(async (word) => word.length))).toEqualTypeOf<Observable<number>>();
    expectTypeOf(of('a').pipe(latest(() => of(true)))).toEqualTypeOf<Observable<boolean>>();
    expectTypeOf(of(1).pipe(latest(sleep))).toEqualTypeOf<Observable<void>>();
    // @ts-expect-error -- it gets a string
    misuse(() => of('a').pipe(latest((ms: number) => sleep(ms))));

    expect(latest(sleep)).toBeInstanceOf(Function);
  });

  it('say what a scope gives', async () => {
    const scope = new AsyncScope();
    const call = tamed(() => 1);
    function* generator(): Generator<never, string, never> {
      return 'a';
    }

    expectTypeOf(scope.start(call())).toEqualTypeOf<DelayedResult<number>>();
    expectTypeOf(scope.start(Promise.resolve(1))).toEqualTypeOf<DelayedResult<number>>();
    expectTypeOf(scope.start(of(1))).toEqualTypeOf<DelayedResult<number>>();
    expectTypeOf(scope.start([1, 2])).toEqualTypeOf<DelayedResult<number>>();
    expectTypeOf(scope.start(generator())).toEqualTypeOf<DelayedResult<string>>();
    expectTypeOf(scope.close()).toEqualTypeOf<DelayedResult<void>>();
    expectTypeOf(scope.children).toEqualTypeOf<readonly ChildInfo[]>();
    expectTypeOf(scope.events$).toEqualTypeOf<Observable<ScopeEvent>>();
    expectTypeOf(AsyncScope.run(() => 1)).toEqualTypeOf<TamedCall<number>>();
    expectTypeOf(AsyncScope.run(async () => 'a')).toEqualTypeOf<TamedCall<string>>();
    expectTypeOf(AsyncScope.run(generator)).toEqualTypeOf<TamedCall<string>>();
    expectTypeOf(AsyncScope.run(() => of(true))).toEqualTypeOf<TamedCall<boolean>>();
    // @ts-expect-error -- the function instead of its call
    misuse(() => scope.start(call));
    // @ts-expect-error -- no such mode
    misuse(() => new AsyncScope({ exitMode: 'stop' }));
    await scope.close();

    expect(scope.closed).toBe(true);
  });

  it('tell events apart by their type', () => {
    const describeEvent = (event: ScopeEvent): unknown => {
      if (event.type === 'next') {
        return event.value;
      }
      if (event.type === 'error') {
        return event.error;
      }
      if (event.type === 'cancel') {
        return event.reason;
      }
      expectTypeOf(event.type).toEqualTypeOf<'queue' | 'start' | 'complete' | 'cleanup' | 'abandon'>();
      return event.id;
    };

    expect(describeEvent({ type: 'next', value: 1, id: 2, name: '', time: 0 })).toBe(1);
  });
});

describe('The decorator', () => {
  it('makes calls of a method, whose type stays as it is', async () => {
    class Counter {
      #count = 40;

      @tamed
      async add(n: number): Promise<number> {
        await sleep(0);
        this.#count += n;
        return this.#count;
      }
    }
    const counter = new Counter();

    const sum = counter.add(2);

    expectTypeOf(sum).toEqualTypeOf<Promise<number>>();
    expect(await sum).toBe(42);
    expect(sum.then).toBeInstanceOf(Function);
    expect(counter.add.name).toBe('add');
  });

  it('makes cold calls: each use of one runs it', async () => {
    class Counter {
      count = 0;

      @tamed
      async next(): Promise<number> {
        this.count++;
        return this.count;
      }
    }
    const counter = new Counter();

    const call = counter.next();

    expect([counter.count, await call, await call]).toEqual([0, 1, 2]);
  });

  it('is refused by the compiler on a method that returns nothing late', () => {
    misuse(() => {
      class Wrong {
        // @ts-expect-error -- a number to the compiler, and a call in truth
        @tamed size(): number {
          return 1;
        }

        // @ts-expect-error -- likewise
        @tamed log(): void {}

        // @ts-expect-error -- an array is none either
        @tamed rows(): string[] {
          return [];
        }
      }
      return Wrong;
    });
    expect(tamed).toBeInstanceOf(Function);
  });

  it('is taken by the compiler on a method that returns a promise, an Observable, or a generator of either kind', () => {
    class Right {
      @tamed async find(): Promise<number> {
        return 1;
      }

      @tamed all(): Observable<number> {
        return of(1);
      }

      @tamed *steps(): Generator<never, number, never> {
        return 1;
      }

      @tamed async *stream(): AsyncGenerator<number> {
        yield 1;
      }

      @tamed call(): TamedCall<void> {
        return sleep(1);
      }
    }

    expect(new Right().find()).toBeInstanceOf(TamedCall);
  });

  it('is refused likewise with experimentalDecorators', () => {
    // So the compiler calls it there.
    misuse(() => {
      const late: TypedPropertyDescriptor<() => Promise<number>> = {};
      const steps: TypedPropertyDescriptor<(n: number) => Generator<never, number>> = {};
      const now: TypedPropertyDescriptor<() => number> = {};
      const nothing: TypedPropertyDescriptor<(n: number) => void> = {};
      tamed({}, 'late', late);
      tamed({}, 'steps', steps);
      // @ts-expect-error -- a number to the compiler, and a call in truth
      tamed({}, 'now', now);
      // @ts-expect-error -- likewise
      tamed({}, 'nothing', nothing);
    });
  });

  it('works with experimentalDecorators too', async () => {
    const source = `
      import { tamed } from 'async-tamer';
      export class Greeter {
        greeting = 'hello';
        @tamed async greet(name) { return this.greeting + ' ' + name; }
      }`;
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2022,
        experimentalDecorators: true,
      },
    });
    const module = (await import(`data:text/javascript,${encodeURIComponent(outputText)}`)) as {
      Greeter: new () => { greet(name: string): Promise<string> };
    };

    const greeting = await new module.Greeter().greet('world');

    expect(outputText).toContain('__decorate');
    expect(greeting).toBe('hello world');
  });

  it('refuses what is no method', () => {
    const decorate = tamed as unknown as (value: unknown, context: { kind: string }) => unknown;

    expect(() => decorate(undefined, { kind: 'field' })).toThrowError(
      TypeError,
      /decorates methods, not a field/,
    );
  });
});
