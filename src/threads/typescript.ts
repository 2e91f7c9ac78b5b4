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

/** ts-node's own key for the compiler of this thread: `REGISTER_INSTANCE`. */
const registered = Symbol.for('ts-node.register.instance');

function service(): { readonly options: object } | undefined {
  return (process as { [registered]?: { readonly options: object } })[registered];
}

/**
 * The ts-node that compiles what this thread requires. The command `ts-node` registers it in this thread alone, and not in
 * others.
 */
export function tsNodeHere(): TsNode | undefined {
  const here = service();
  const path = Object.keys(require.cache).find((file) => /[\\/]ts-node[\\/]dist[\\/]index\.js$/.test(file));
  return here === undefined || path === undefined
    ? undefined
    : { path, options: JSON.parse(JSON.stringify(here.options)) as object }; // Functions stay in their thread.
}

/** The errors with which import() refuses TypeScript, though require() may load it. */
const codes: readonly unknown[] = ['ERR_UNKNOWN_FILE_EXTENSION', 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'];

function isRefused(url: string, error: unknown): boolean {
  return /^file:.*\.[cm]?tsx?$/.test(url) && codes.includes((error as { code?: unknown } | undefined)?.code);
}

/**
 * Requires a module that `import()` has refused since it is in TypeScript: compilers such as ts-node compile what is required;
 * what is imported they compile only if their hooks for that were asked for. Throws the error if it has another reason, or if
 * there is no compiler here.
 */
export function requireInstead(url: string, tsNode: TsNode | undefined, error: unknown): unknown {
  if (!isRefused(url, error)) {
    throw error;
  }
  if (service() === undefined && tsNode !== undefined) {
    (require(tsNode.path) as TsNodePackage).register(tsNode.options);
  }
  // Compilers register themselves there, and so it shows what they compile.
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing has taken its place
  if (require.extensions[extname(url)] === undefined) {
    throw error;
  }
  return require(fileURLToPath(url));
}

/** Advice for a module that cannot be loaded since it is in TypeScript, or ''. */
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
