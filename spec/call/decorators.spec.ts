import { fileURLToPath } from 'node:url';
import type { Observable } from 'rxjs';
import ts from 'typescript';

import { AsyncScope, DelayedResult, TamedCall } from '../../src/index.ts';

/** What an observer of `source` is told: values, and how it ends. */
function record(source: Observable<unknown>): unknown[] {
  const told: unknown[] = [];
  source.subscribe({
    next: (value) => told.push(value),
    error: (error: unknown) => told.push({ error }),
    complete: () => told.push('complete'),
  });
  return told;
}

/** A call, behind the type of the method that the decorator cannot change. */
function asCall<T>(
  returned: Promise<T> | Generator<unknown, T> | Observable<T> | AsyncIterable<T>,
): TamedCall<T> {
  return returned as TamedCall<T>;
}

const repository = `
  export class Base {
    @tamed async describe() { return 'base'; }
  }

  export class Repository extends Base {
    static #instances = 0;
    #rows = new Map([['1', 'one']]);
    log = [];

    constructor() {
      super();
      Repository.#instances++;
    }

    @tamed async find(id, fallback = 'none') {
      this.log.push('find ' + id);
      await sleep(0);
      return this.#rows.get(id) ?? fallback;
    }

    @tamed *twice(id) {
      const row = yield* this.find(id);
      return row + row;
    }

    @tamed all() { return of(...this.#rows.values()); }

    @tamed async *stream() { yield* this.#rows.values(); }

    @tamed size() { return this.#rows.size; }

    @tamed async fail() { throw new Error('Oh no!'); }

    @tamed *forever() {
      try { yield* tamed.from(NEVER); } finally { this.log.push('finally'); }
    }

    @tamed async describe() { return (await super.describe()) + ' and more'; }

    @tamed async ['com' + 'puted']() { return 'computed'; }

    @tamed static async count() { return this.#instances; }
  }`;

interface Repository {
  readonly log: string[];
  find(id: string, fallback?: string): Promise<string>;
  twice(id: string): Generator<never, string>;
  all(): Observable<string>;
  stream(): AsyncGenerator<string>;
  size(): Promise<number>;
  fail(): Promise<never>;
  forever(): Generator<never, void>;
  describe(): Promise<string>;
  computed(): Promise<string>;
}

interface Classes {
  Repository: { new (): Repository; count(): Promise<number> };
}

/** Runs `source` as a compiler with these options makes it. */
async function load(source: string, compilerOptions: ts.CompilerOptions): Promise<unknown> {
  const imports = `
    import { NEVER, of } from ${JSON.stringify(import.meta.resolve('rxjs'))};
    import { sleep, tamed } from 'async-tamer';`;
  const { outputText } = ts.transpileModule(imports + source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, ...compilerOptions },
  });
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`);
}

const kinds: [string, ts.CompilerOptions][] = [
  ['A method under the standard decorator', {}],
  ['A method under the decorator of "experimentalDecorators"', { experimentalDecorators: true }],
  [
    'A method under the decorator of "experimentalDecorators", with fields that are assigned',
    { experimentalDecorators: true, useDefineForClassFields: false },
  ],
];

for (const [kind, options] of kinds) {
  describe(kind, () => {
    let Repository: Classes['Repository'];

    beforeAll(async () => {
      ({ Repository } = (await load(repository, options)) as Classes);
    });

    it('returns a call', () => {
      const call = new Repository().find('1');

      expect(call).toBeInstanceOf(TamedCall);
    });

    it('runs nothing when it is called', () => {
      const instance = new Repository();

      void instance.find('1');

      expect(instance.log).toEqual([]);
    });

    it('knows its instance, private names included', async () => {
      const row = await new Repository().find('1');

      expect(row).toBe('one');
    });

    it('takes its arguments, and the defaults of those left out', async () => {
      const instance = new Repository();

      const rows = [await instance.find('2'), await instance.find('2', 'nothing')];

      expect(rows).toEqual(['none', 'nothing']);
    });

    it('runs again for each await of one call', async () => {
      const instance = new Repository();
      const call = instance.find('1');

      await call;
      await call;

      expect(instance.log).toEqual(['find 1', 'find 1']);
    });

    it('keeps the instances apart', async () => {
      const [first, second] = [new Repository(), new Repository()];

      await first.find('1');

      expect([first.log, second.log]).toEqual([['find 1'], []]);
    });

    it('has every method of a promise', async () => {
      const instance = new Repository();

      const values = [
        await instance.find('1').then((row) => row.length),
        await instance.fail().catch((error: unknown) => (error as Error).message),
        await instance.find('1').finally(() => instance.log.push('finally')),
      ];

      expect(values).toEqual([3, 'Oh no!', 'one']);
      expect(instance.log).toEqual(['find 1', 'find 1', 'finally']);
    });

    it('rejects with what it throws', async () => {
      await expectAsync(new Repository().fail().then()).toBeRejectedWithError('Oh no!');
    });

    it('may be a generator', async () => {
      const value = await asCall(new Repository().twice('1'));

      expect(value).toBe('oneone');
    });

    it('may return an Observable', () => {
      expect(record(new Repository().all())).toEqual(['one', 'complete']);
    });

    it('may be an async generator', async () => {
      const value = await asCall(new Repository().stream());

      expect(value).toBe('one');
    });

    it('may return a value', async () => {
      const size = await new Repository().size();

      expect(size).toBe(1);
    });

    it('may be static', async () => {
      const before = await Repository.count();
      new Repository();

      expect((await Repository.count()) - before).toBe(1);
    });

    it('may have a computed name', async () => {
      const value = await new Repository().computed();

      expect(value).toBe('computed');
    });

    it('may override one that is decorated, and call that', async () => {
      const text = await new Repository().describe();

      expect(text).toBe('base and more');
    });

    it('keeps name and length', () => {
      const { find, computed } = new Repository();

      expect([find.name, find.length, computed.name]).toEqual(['find', 1, 'computed']);
    });

    it('stays a method: on the prototype, and not enumerated', () => {
      const instance = new Repository();
      const descriptor = Object.getOwnPropertyDescriptor(Repository.prototype, 'find');

      expect(Object.hasOwn(instance, 'find')).toBeFalse();
      expect(descriptor).toEqual(
        jasmine.objectContaining({ enumerable: false, writable: true, configurable: true }),
      );
    });

    it('can be started in a scope, by its name', async () => {
      await using scope = new AsyncScope();

      const result = scope.start(new Repository().find('1'));
      const [child] = scope.children;

      expect(result).toBeInstanceOf(DelayedResult);
      expect(child?.name).toBe('find');
      expect(await result).toBe('one');
    });

    it('ends when its scope is cancelled', () => {
      const instance = new Repository();
      const scope = new AsyncScope();
      scope.start(asCall(instance.forever()));

      scope.cancel();

      expect(instance.log).toEqual(['finally']);
    });
  });
}

describe('The decorator on what is no method', () => {
  for (const [what, member] of [
    ['field', '@tamed name = 1;'],
    ['field', '@tamed static count = 1;'],
    ['getter', '@tamed get name() { return 1; }'],
    ['setter', '@tamed set name(value) {}'],
  ] as const) {
    it(`is refused when the class is defined: ${member}`, async () => {
      const loading = load(`export class Wrong { ${member} }`, {});

      await expectAsync(loading).toBeRejectedWithError(TypeError, told(what));
    });

    it(`is refused when the class is defined, with "experimentalDecorators": ${member}`, async () => {
      const loading = load(`export class Wrong { ${member} }`, { experimentalDecorators: true });

      await expectAsync(loading).toBeRejectedWithError(TypeError, told(what));
    });
  }

  for (const experimentalDecorators of [false, true]) {
    const which = experimentalDecorators ? ', with "experimentalDecorators"' : '';

    it(`is refused when the class is defined${which}: the class itself`, async () => {
      const loading = load('@tamed export class Wrong {}', { experimentalDecorators });

      await expectAsync(loading).toBeRejectedWithError(TypeError, told('class'));
    });
  }

  it('is refused when the class is defined: an accessor', async () => {
    const loading = load('export class Wrong { @tamed accessor name = 1; }', {});

    await expectAsync(loading).toBeRejectedWithError(TypeError, /decorates methods, not an accessor/);
  });

  it('is refused when the class is defined, with "experimentalDecorators": a parameter', async () => {
    const loading = load('export class Wrong { method(@tamed name) {} }', { experimentalDecorators: true });

    await expectAsync(loading).toBeRejectedWithError(TypeError, told('parameter'));
  });

  it('advises what to write for a field', async () => {
    const loading = load('export class Wrong { @tamed name = () => 1; }', {});

    await expectAsync(loading).toBeRejectedWithError(TypeError, /name = tamed\(fn\)/);
  });
});

function told(what: string): string {
  return `@tamed decorates methods, not a ${what}. Use it on a method, or write: name = tamed(fn).`;
}

describe('The types of a decorated method', () => {
  const program = `
    import { tamed, sleep } from 'async-tamer';
    class Repository {
      #rows = new Map<string, string>();
      @tamed async find(id: string): Promise<string | undefined> { await sleep(0); return this.#rows.get(id); }
      @tamed *twice(id: string) { return id + id; }
      @tamed static async count() { return 1; }
    }
    const found: Promise<string | undefined> = new Repository().find('1');
    const count: Promise<number> = Repository.count();
    void [found, count];
    // @ts-expect-error -- a number is no id
    void new Repository().find(1);
    // @ts-expect-error -- to the compiler it stays a promise
    void new Repository().find('1').subscribe();`;
  const misuse = `
    import { tamed } from 'async-tamer';
    export class Wrong {
      // @ts-expect-error -- a field
      @tamed field = () => 1;
      // @ts-expect-error -- a getter
      @tamed get name() { return 1; }
    }`;

  for (const experimentalDecorators of [false, true]) {
    const which = experimentalDecorators ? 'under "experimentalDecorators"' : 'under the standard decorator';

    it(`stay as they are ${which}, which refuses what is no method`, () => {
      expect(complaints({ program, misuse }, { experimentalDecorators })).toEqual([]);
    });
  }
});

/** Files that several programs read. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/** What the compiler says of files beside the sources. */
function complaints(sources: Readonly<Record<string, string>>, options: ts.CompilerOptions): string[] {
  const root = new URL('../../', import.meta.url);
  // TypeScript writes paths with "/" on every system.
  const folder = fileURLToPath(root).replaceAll('\\', '/');
  const files = new Map(
    Object.entries(sources).map(([name, text]) => [`${folder}spec/decorated-${name}.ts`, text]),
  );
  const { config: file } = ts.readConfigFile(`${folder}tsconfig.json`, ts.sys.readFile) as {
    config: { compilerOptions: object };
  };
  const names = [...files.keys()];
  const json = { compilerOptions: { ...file.compilerOptions, types: [], skipLibCheck: true }, files: names };
  const command = ts.parseJsonConfigFileContent(json, ts.sys, folder, options);
  const host = ts.createCompilerHost(command.options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.getSourceFile = (name, ...rest) => {
    const text = files.get(name);
    if (text !== undefined) {
      return ts.createSourceFile(name, text, ts.ScriptTarget.ES2022);
    }
    if (!parsed.has(name)) {
      parsed.set(name, getSourceFile.call(host, name, ...rest));
    }
    return parsed.get(name);
  };
  const compiled = ts.createProgram(names, command.options, host);
  return names
    .flatMap((name) => ts.getPreEmitDiagnostics(compiled, compiled.getSourceFile(name)))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
