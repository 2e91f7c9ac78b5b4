import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { run } from './support/child-process.ts';

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** What breaks a rule, in a folder for which the rule holds. */
interface Sin {
  readonly rule: string;
  readonly folder: string;
  readonly code: string;
}

const sin = (rule: string, code: string, folder = 'bench'): Sin => ({ rule, folder, code });

const sins: readonly Sin[] = [
  sin('house(reasons)', `// eslint-disable-next-line eqeqeq\nexport const same = (a: unknown) => a == 1;`),
  sin('house(no-underscores)', `export const _name = 1;`),
  sin('house(no-underscores)', `export const shape = { name_: 1 };`),
  sin('house(no-underscores)', `export const f = (_n: number): number => _n;`),
  sin('house(no-private)', `export class A { private readonly n = 1; get m(): number { return this.n; } }`),
  sin('house(interface-names)', `export interface IShape { readonly n: number }`),

  sin('eslint(eqeqeq)', `export const same = (a: unknown) => a == 1;`),
  sin('eslint(no-useless-assignment)', `export function f(): number { let n = 1; n = 2; return n; }`),
  sin('eslint(no-unused-vars)', `const n = 1;`),
  sin('eslint(no-restricted-imports)', `import { noop } from 'rxjs/internal/util/noop';\nnoop();`),
  sin('eslint(no-restricted-imports)', `import { map } from 'rxjs/operators';\nmap(String);`, 'src/threads'),
  sin('eslint(no-restricted-imports)', `import { hostname } from 'node:os';\nhostname();`, 'src'),
  sin('eslint(no-restricted-properties)', `export const f = (a: { lift(): void }): void => { a.lift(); };`),
  sin('eslint(no-restricted-globals)', `fit('is alone', () => {});`, 'spec'),
  sin('eslint(no-console)', `console.log(1);`, 'src'),
  sin('eslint(max-lines)', `f();\n`.repeat(401), 'src'),
  sin('eslint(max-lines-per-function)', `export function f(): void {${'\nf();'.repeat(41)}\n}`, 'src'),
  sin('typescript(explicit-module-boundary-types)', `export function f() { return 1; }`, 'src'),

  sin('typescript(await-thenable)', `await 1;`),
  sin('typescript(ban-ts-comment)', `// @ts-ignore\nexport const n: string = 1;`),
  sin('typescript(consistent-type-imports)', `import { Stats } from 'node:fs';\nexport type S = Stats;`),
  sin('typescript(no-array-delete)', `export const f = (list: number[]): void => { delete list[0]; };`),
  sin('typescript(no-base-to-string)', `export const f = (a: { n: 1 }): string => String(a);`),
  sin('typescript(no-confusing-void-expression)', `const f = (): void => {};\nexport const a = f();`),
  sin('typescript(no-deprecated)', `/** @deprecated */\nconst a = (): number => 1;\nexport const b = a();`),
  sin('typescript(no-duplicate-type-constituents)', `export type A = 'a' | 'b' | 'a';`),
  sin('typescript(no-explicit-any)', `export const f = (a: any): unknown => a;`),
  sin('typescript(no-floating-promises)', `Promise.resolve(1);`),
  sin(
    'typescript(no-floating-promises)',
    `declare class TamedCall extends Promise<void> {}\nnew TamedCall(() => {});`,
  ),
  sin('typescript(no-floating-promises)', `Promise.resolve(1);`, 'spec'),
  sin('typescript(no-for-in-array)', `for (const key in [1]) { key.at(0); }`),
  sin('typescript(no-implied-eval)', `setTimeout('f()', 1);`),
  sin('typescript(no-invalid-void-type)', `export const f = (a: void | string): unknown => a;`),
  sin('typescript(no-meaningless-void-operator)', `const f = (): void => {};\nvoid f();`),
  sin('typescript(no-misused-promises)', `[1].forEach(async () => { await null; });`),
  sin('typescript(no-misused-promises)', `if (Promise.resolve(1)) { process.exit(); }`, 'spec'),
  sin('typescript(no-misused-spread)', `export const f = (a: Map<1, 1>): unknown => ({ ...a });`),
  sin('typescript(no-mixed-enums)', `export enum A { a = 1, b = 'b' }`),
  sin('typescript(no-non-null-assertion)', `export const f = (a?: string): string => a!;`),
  sin('typescript(no-redundant-type-constituents)', `export type A = unknown | string;`),
  sin('typescript(no-unnecessary-boolean-literal-compare)', `export const f = (a: boolean) => a === true;`),
  sin('typescript(no-unnecessary-condition)', `export const f = (a: string): string => a ?? 'b';`),
  sin('typescript(no-unnecessary-template-expression)', 'export const f = (a: string) => `${a}`;'),
  sin('typescript(no-unnecessary-type-arguments)', `type A<T = 1> = T[];\nexport const f = (a: A<1>) => a;`),
  sin('typescript(no-unnecessary-type-assertion)', `export const f = (a: string) => a as string;`),
  sin('typescript(no-unnecessary-type-conversion)', `export const f = (a: string) => String(a);`),
  sin('typescript(no-unnecessary-type-parameters)', `export const f = <T>(a: T): void => { String(a); };`),
  sin('typescript(no-unsafe-argument)', `declare const a: ReturnType<typeof JSON.parse>;\nparseInt(a);`),
  sin('typescript(no-unsafe-assignment)', `export const a = JSON.parse('1');`),
  sin('typescript(no-unsafe-call)', `JSON.parse('1')();`),
  sin('typescript(no-unsafe-enum-comparison)', `enum A { a }\nexport const f = (a: A): boolean => a === 0;`),
  sin('typescript(no-unsafe-member-access)', `JSON.parse('1').a.b();`),
  sin('typescript(no-unsafe-return)', `export const f = () => JSON.parse('1');`),
  sin('typescript(no-unsafe-unary-minus)', `export const f = (a: string): number => -a;`),
  sin('typescript(no-useless-default-assignment)', `export const [a = 1] = [2] as [number];`),
  sin('typescript(only-throw-error)', `throw 'text';`),
  sin('typescript(prefer-promise-reject-errors)', `export const f = () => Promise.reject('text');`),
  sin('typescript(prefer-readonly)', `export class A { private n = 1; get m() { return this.n; } }`),
  sin('typescript(prefer-reduce-type-parameter)', `export const a = [1].reduce((s) => s, [] as number[]);`),
  sin('typescript(prefer-return-this-type)', `export class A { f(): A { return this; } }`),
  sin(
    'typescript(related-getter-setter-pairs)',
    `export class A { get a(): string { return '1'; } set a(n: number) { String(n); } }`,
  ),
  sin('typescript(require-await)', `export const f = async () => 1;`),
  sin('typescript(restrict-plus-operands)', `export const f = (a: number, b: string) => a + b;`),
  sin('typescript(restrict-template-expressions)', 'export const f = (a: object) => `a ${a}`;'),
  sin(
    'typescript(return-await)',
    `export async function f(a: Promise<1>): Promise<1> { try { return a; } catch { return await a; } }`,
  ),
  sin(
    'typescript(switch-exhaustiveness-check)',
    `export function f(a: 'a' | 'b'): void { switch (a) { case 'a': f(a); } }`,
  ),
  sin(
    'typescript(unbound-method)',
    `export const f = (a: Date) => { const { getDay } = a; return getDay; };`,
  ),
  sin(
    'typescript(unified-signatures)',
    `export declare function f(a: 1): void;\nexport declare function f(a: 2): void;`,
  ),
  sin('typescript(use-unknown-in-catch-callback-variable)', `Promise.resolve(1).catch((e: Error) => e);`),
  sin('typescript(consistent-type-exports)', `import type { Stats } from 'node:fs';\nexport { Stats };`),
  sin(
    'Unused eslint-disable directive',
    `export const a = 1; // eslint-disable-line eqeqeq -- there is nothing`,
  ),
];

/** What may be done where it stands. */
const virtues: readonly Sin[] = [
  sin('', `export const f = (_n: number, ..._rest: number[]): number => 1;`),
  sin('', `declare class DelayedResult extends Promise<void> {}\nnew DelayedResult(() => {});`),
  sin('', `declare class TamedCall extends Promise<void> {}\nnew TamedCall(() => {});`, 'spec'),
  sin('', `export { TestScheduler } from 'rxjs/testing';`, 'src'),
  sin('', `export { hostname } from 'node:os';`, 'src/threads'),
];

interface Found {
  readonly code?: string;
  readonly message: string;
  readonly filename: string;
}

describe('The linter', () => {
  /** By file, the rules that it breaks. */
  const found = new Map<string, readonly string[]>();
  const named = (list: readonly Sin[], name: string): (Sin & { readonly file: string })[] =>
    list.map((it, index) => ({ ...it, file: `${it.folder}/${name}-${index}.ts` }));
  const bad = named(sins, 'sin');
  const good = named(virtues, 'virtue');

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'async-tamer-lint-'));
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    const rules = JSON.stringify(fileURLToPath(new URL('spec/support/house-rules.mjs', root)));
    write('.oxlintrc.json', read('.oxlintrc.json').replace('"./spec/support/house-rules.mjs"', rules));
    write(
      'tsconfig.json',
      JSON.stringify({
        compilerOptions: {
          strict: true,
          target: 'ES2022',
          module: 'NodeNext',
          noUncheckedIndexedAccess: true,
        },
      }),
    );
    write('package.json', '{ "type": "module" }');
    for (const { file, code } of [...bad, ...good]) {
      write(file, code);
    }
    const program = fileURLToPath(new URL('node_modules/oxlint/bin/oxlint', root));
    // It looks for tsgolint, which knows the types, as npm would have it found.
    const PATH = [join(fileURLToPath(root), 'node_modules/.bin'), process.env['PATH']].join(delimiter);
    const { stdout } = await run([program, '--format=json'], { cwd: folder, env: { PATH } });
    rmSync(folder, { recursive: true });
    const { diagnostics } = JSON.parse(stdout) as { readonly diagnostics: readonly Found[] };
    for (const { filename, code, message } of diagnostics) {
      const file = filename.replaceAll('\\', '/');
      found.set(file, [...(found.get(file) ?? []), code ?? message]);
    }
  });

  for (const { rule, file, code } of bad) {
    it(`finds ${rule} in ${file.split('/')[0]}: ${code.slice(0, 80)}`, () => {
      expect(found.get(file)).toContain(jasmine.stringContaining(rule));
    });
  }

  for (const { file, code } of good) {
    it(`finds nothing in ${file.split('/')[0]}: ${code}`, () => {
      expect(found.get(file) ?? []).toEqual([]);
    });
  }
});
