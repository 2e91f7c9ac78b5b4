import { fileURLToPath } from 'node:url';
import { ESLint, Linter, RuleTester } from 'eslint';
import tseslint from 'typescript-eslint';

import { plugin, recommended } from '../../src/eslint/index.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

// RuleTester makes a spec of each piece of code, which throws if it fails.
Object.assign(RuleTester, {
  describe,
  it: (name: string, test: () => void) =>
    it(name, () => {
      test();
      expect().nothing();
    }),
});

const languageOptions: Linter.LanguageOptions = {
  parser: tseslint.parser,
  parserOptions: {
    projectService: true,
    tsconfigRootDir: root,
  },
};
const tester = new RuleTester({ languageOptions });
const filename = `${root}spec/eslint/linted/code.ts`;
/** Code with an element is one of JSX. */
const fileOf = (code: string): string =>
  code.includes('/>') ? filename.replace('code.ts', 'elements.tsx') : filename;

const imports = `
import { finalize, of, tap } from 'rxjs';
import { abortSignal, AsyncScope, CancelledError, concurrently, sleep, tamed, within } from 'async-tamer';
const save = tamed(async (n: number) => n);
declare function setTimeout(run: Function, ms?: number): unknown;
declare const button: { addEventListener(event: string, hear: (event: unknown) => any): void };
declare function onExit(run: () => void): void;
`;

interface Cases {
  readonly valid: Readonly<Record<string, string>>;
  /** By the message. A pair where the rule mends it: what is found, and what is made of it. */
  readonly invalid: Readonly<Record<string, Readonly<Record<string, string | readonly [string, string]>>>>;
}

function specify(name: keyof typeof plugin.rules, { valid, invalid }: Cases): void {
  tester.run(name, plugin.rules[name], {
    valid: Object.entries(valid).map(([name, code]) => ({
      name,
      code: imports + code,
      filename: fileOf(code),
    })),
    invalid: Object.entries(invalid).flatMap(([messageId, cases]) =>
      Object.entries(cases).map(([name, code]) => {
        const [found, mended] = typeof code === 'string' ? [code] : code;
        const output = mended === undefined ? null : imports + mended;
        return { name, code: imports + found, filename: fileOf(found), errors: [{ messageId }], output };
      }),
    ),
  });
}

specify('floating-call', {
  valid: {
    'a call that is awaited': 'await save(1);',
    'a call that is started': 'new AsyncScope().start(save(1));',
    'a call that is subscribed': 'save(1).subscribe();',
    'a call that is blocked on': 'save(1).block();',
    'a call that a coroutine waits for': 'tamed(function* () { yield* save(1); });',
    'a call that is kept': 'const call = save(1); let other; other = call;',
    'a call that an arrow returns': '[1].map((n) => save(n));',
    'a call that an async function returns, which awaits it':
      'onExit(async () => save(1)); setTimeout(async () => save(1));',
    'a call that is returned to who may wait for it':
      'declare function test(run: () => void | Promise<void>): void; test(() => save(1).then(() => {}));' +
      'declare function check(run: (() => PromiseLike<unknown>) | (() => void)): void; check(() => save(1));',
    'a call that is returned to a function with an overload that may wait for it':
      'declare function it(run: () => void): void; declare function it(run: () => PromiseLike<unknown>): void;' +
      'it(() => save(1)); it(function () { return save(1); });',
    'a function that returns calls, given to who takes them':
      '[1].map(save); concurrently([1], save).subscribe();',
    'functions that are taken out of an object':
      'const { save: other } = { save }; let last: unknown; ({ save: last } = { save }); console.log(other, last);',
    'a call of a function that is made on the spot': 'await (() => save(1))();',
    'a call that a callback subscribes': 'onExit(() => save(1).subscribe());',
    'a result, which its scope owns': 'const scope = new AsyncScope(); scope.start(save(1)); scope.close();',
    'any other call': 'parseInt("1"); Promise.resolve(1);',
  },
  invalid: {
    floating: {
      'a call that is dropped': 'save(1);',
      'a call that is dropped in a coroutine': 'tamed(function* () { save(1); yield* sleep(1); });',
      'a call that is made void': 'void save(1);',
      'a call that is made void in an arrow': 'onExit(() => void save(1));',
      'a call that is made void for its value': 'const nothing = void save(1);',
      'a call on one side of an operator': 'Math.random() > 0.5 && save(1);',
      'a call behind a question mark': 'const maybe = { save } as { save?: typeof save }; maybe.save?.(1);',
      'a field of a class': 'class A { readonly save = tamed(async () => 1); run() { this.save(); } }',
      'one of several': 'concurrently([1], save, { concurrency: 1 });',
    },
    ignored: {
      'a call that is returned to who takes nothing': 'onExit(() => save(1));',
      'a call that is returned to a timer': 'setTimeout(() => save(1), 10);',
      'a call in a listener of a page': "button.addEventListener('click', () => save(1));",
      'a call for each of an array': '[1, 2].forEach((n) => save(n));',
      'a call for each value of a stream': 'of(1).subscribe((n) => save(n));',
      'a call in an observer': 'of(1).subscribe({ next: (n) => save(n) });',
      'a call in an operator that takes nothing': 'of(1).pipe(tap((n) => save(n)));',
      'a call at the end of a stream': 'of(1).pipe(finalize(() => save(1)));',
      'a call that a function returns':
        'setTimeout(function () { if (Math.random() > 0.5) { return save(1); } return undefined; });',
      'a call that a promise is made of': 'new Promise<void>(() => save(1));',
      'a function given by its name': 'of(1).subscribe(save);',
      'a method given by its name': 'const all = { save }; [1].forEach(all.save);',
      'a function of an element':
        'declare global { namespace JSX { interface IntrinsicElements { button: { onClick(): void } } } }' +
        '<button onClick={() => save(1)} />;',
      'a function of an element, by its name':
        'declare global { namespace JSX { interface IntrinsicElements { button: { onClick(): void } } } }' +
        'const now = tamed(async () => 1); <button onClick={now} />;',
      'a function in an observer': 'of(1).subscribe({ next: save });',
    },
  },
});

specify('yield-star', {
  valid: {
    'a coroutine that waits': 'tamed(function* () { yield* sleep(1); });',
    'a generator that makes calls for who runs them': 'function* calls() { yield save(1); yield save(2); }',
    'an async generator, which awaits what it yields': 'tamed(async function* () { yield save(1); });',
    'a generator of anything else': 'function* numbers() { yield 1; yield; }',
  },
  invalid: {
    star: {
      'a call': [
        'tamed(function* () { const n = yield save(1); return n; });',
        'tamed(function* () { const n = yield* save(1); return n; });',
      ],
      'a result': [
        'AsyncScope.run(function* (scope) { yield scope.start(save(1)); });',
        'AsyncScope.run(function* (scope) { yield* scope.start(save(1)); });',
      ],
      'a generator that waits for others': [
        'function* wait() { yield* sleep(1); yield save(1); }',
        'function* wait() { yield* sleep(1); yield* save(1); }',
      ],
    },
  },
});

const loop = (body: string): string => `tamed(async () => { for (;;) { ${body} } });`;

specify('swallowed-cancel', {
  valid: {
    'a catch that throws': loop('try { await save(1); } catch (error) { console.log(error); throw error; }'),
    'a catch that knows of cancels': loop(
      'try { await save(1); } catch (error) { if (error instanceof CancelledError) break; }',
    ),
    'a catch after which nothing more runs':
      'tamed(async () => { try { await save(1); } catch { console.log(1); } });',
    'a catch with which the branch ends that ends the function':
      'tamed(async (n: number) => { if (n > 0) { try { await save(1); } catch { console.log(1); } } else { { try { await save(2); } catch { console.log(2); } } } });',
    'a catch that leaves the loop with which the function ends': loop(
      'try { await save(1); } catch { break; }',
    ),
    'a catch that returns': loop('try { await save(1); } catch { return 1; }'),
    'a catch around what no cancel comes to': loop(
      'try { await Promise.resolve(); } catch { console.log(1); }',
    ),
    'a coroutine, whose catch sees no cancel':
      'tamed(function* () { for (;;) { try { yield* save(1); } catch { console.log(1); } } });',
    'a function that is not tamed':
      'async () => { for (;;) { try { await save(1); } catch { console.log(1); } } };',
  },
  invalid: {
    swallowed: {
      'a catch in a loop': loop('try { await save(1); } catch (error) { console.log(error); }'),
      'a catch around a loop over what a call emits': loop(
        'try { for await (const n of save(1)) console.log(n); } catch { console.log(1); }',
      ),
      'a catch at the end of a branch before more code':
        'tamed(async (n: number) => { if (n > 0) { try { await save(1); } catch { console.log(1); } } await save(2); });',
      'a catch at the end of a branch in a loop': loop(
        'if (Math.random() > 0.5) { try { await save(1); } catch { console.log(1); } }',
      ),
      'a catch that leaves a loop before more code':
        'tamed(async () => { for (;;) { try { await save(1); } catch { break; } } await save(2); });',
      'a catch before more code':
        'tamed(async () => { try { await sleep(1); } catch { console.log(1); } await save(2); });',
      'a catch around what has the signal': loop(
        'try { await fetch("/", { signal: abortSignal() }); } catch { console.log(1); }',
      ),
      'a catch in a decorated method':
        'class A { @tamed async run() { while (true) { try { await sleep(1); } catch { console.log(1); } } } }',
    },
  },
});

specify('open-scope', {
  valid: {
    'a scope that is disposed': 'await using scope = new AsyncScope(); scope.start(save(1));',
    'a scope that is closed': 'const scope = new AsyncScope(); scope.start(save(1)); await scope.close();',
    'a scope that is shut down':
      'const scope = new AsyncScope(); process.on("SIGTERM", () => scope.shutdown());',
    'a scope that is disposed by hand': 'const scope = new AsyncScope(); scope[Symbol.dispose]();',
    'a scope that is disposed later': 'const scope = new AsyncScope(); { await using batch = scope; }',
    'a scope that is returned': 'function make() { const scope = new AsyncScope(); return scope; }',
    'a scope that is given away': 'const scope = new AsyncScope(); console.log(scope);',
    'a scope with a parent':
      'function nest(parent: AsyncScope) { new AsyncScope({ parent }).start(save(1)); }',
    'a scope that a call has made':
      'tamed(async () => { const scope = new AsyncScope(); scope.start(save(1)); });',
    'a field that the class closes':
      'class A { readonly #scope = new AsyncScope(); stop() { return this.#scope.close(); } }',
    'an exported one': 'export const scope = new AsyncScope();',
  },
  invalid: {
    open: {
      'a scope that nobody closes': 'const scope = new AsyncScope(); scope.start(save(1));',
      'a scope that is cancelled, and not closed': 'const scope = new AsyncScope(); scope.cancel();',
      'a scope that is used on the spot': 'new AsyncScope().start(save(1));',
      'a scope that is used by operators': 'const scope = new AsyncScope(); within(scope);',
      'a field that the class does not close':
        'class A { readonly #scope = new AsyncScope(); go() { this.#scope.start(save(1)); } }',
    },
  },
});

describe('The recommended configuration', () => {
  it('has each rule, as an error', () => {
    expect(Object.keys(recommended.rules)).toEqual(
      Object.keys(plugin.rules).map((name) => `async-tamer/${name}`),
    );
    expect(new Set(Object.values(recommended.rules))).toEqual(new Set(['error']));
  });

  it('is taken by ESLint, beside that of typescript-eslint', async () => {
    const eslint = new ESLint({
      cwd: root,
      overrideConfigFile: true,
      overrideConfig: [{ files: ['**/*.ts'], languageOptions }, recommended],
    });

    const [result] = await eslint.lintText(`${imports}save(1);\n`, { filePath: filename });

    expect(result?.messages.map(({ ruleId }) => ruleId)).toEqual(['async-tamer/floating-call']);
  });

  it('says what to do where there are no types', () => {
    const linter = new Linter();
    const config = { plugins: { 'async-tamer': plugin }, rules: { 'async-tamer/yield-star': 'error' } };

    expect(() => linter.verify('1;', config as Linter.Config)).toThrowError(
      /async-tamer\/yield-star needs types\. Set languageOptions\.parserOptions\.projectService/,
    );
  });
});
