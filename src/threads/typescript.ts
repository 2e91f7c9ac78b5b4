import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where ts-node is, and how it was registered. */
export interface TsNode {
  readonly path: string;
  readonly options: object;
}

interface TsNodePackage {
  register(options: object): unknown;
}

const require = createRequire(import.meta.url);

/** Its own name for who compiles in this thread: `REGISTER_INSTANCE`. */
const registered = Symbol.for('ts-node.register.instance');

function service(): { readonly options: object } | undefined {
  return (process as { [registered]?: { readonly options: object } })[registered];
}

/** The ts-node that compiles what this thread requires. Its command registers that here alone, and not in other threads. */
export function tsNodeHere(): TsNode | undefined {
  const here = service();
  const path = Object.keys(require.cache).find((file) => /[\\/]ts-node[\\/]dist[\\/]index\.js$/.test(file));
  return here === undefined || path === undefined
    ? undefined
    : { path, options: JSON.parse(JSON.stringify(here.options)) as object }; // Without functions, which stay in their thread.
}

/** What import() of TypeScript fails with, though require() may do it. */
const codes: readonly unknown[] = ['ERR_UNKNOWN_FILE_EXTENSION', 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'];

function isRefused(url: string, error: unknown): boolean {
  return /^file:.*\.[cm]?tsx?$/.test(url) && codes.includes((error as { code?: unknown } | undefined)?.code);
}

/**
 * Requires what `import()` has refused since it is in TypeScript: compilers such as ts-node compile what is required, unless
 * their hooks for `import` have been asked for. Throws that error if it has another reason, or nothing compiles here.
 */
export function requireInstead(url: string, tsNode: TsNode | undefined, error: unknown): unknown {
  if (!isRefused(url, error)) {
    throw error;
  }
  if (service() === undefined && tsNode !== undefined) {
    (require(tsNode.path) as TsNodePackage).register(tsNode.options);
  }
  // It is what they add themselves to, and how they tell what they compile.
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing has taken its place
  if (require.extensions[extname(url)] === undefined) {
    throw error;
  }
  return require(fileURLToPath(url));
}

/** What to do about a module that is not loaded since it is in TypeScript, or ''. */
export function adviceFor(url: string, error: unknown): string {
  if (isRefused(url, error)) {
    return `. ${ADVICE}`;
  }
  const source = url.replace(/\.([cm]?)js$/, '.$1ts');
  return source !== url && url.startsWith('file:') && isMissing(url) && !isMissing(source)
    ? `. There is ${basename(source)}: build it, or name that instead.`
    : '';
}

function isMissing(url: string): boolean {
  return !existsSync(fileURLToPath(url));
}

const ADVICE =
  'Node strips types from 22.18 on, and compiles nothing. Else give threads() the compiled module, or give its threads a ' +
  "compiler, such as { execArgv: ['--import', 'tsx'] }.";
