import { ThreadError } from '../remote/thread-error.ts';
import { adviceFor, requireInstead, type TsNode } from './typescript.ts';

/** A function that a module exports. */
export type Exported = (...args: readonly unknown[]) => unknown;

/** The module that a thread runs, and the compiler it may need there. */
export interface Source {
  readonly url: string;
  readonly tsNode: TsNode | undefined;
}

type Exports = Readonly<Record<string, unknown>>;

let loading: Promise<Exports> | undefined;

/** Loads the module of this thread once. A module that failed to load fails in the same way again. */
export function load({ url, tsNode }: Source): Promise<Exports> {
  loading ??= (import(url) as Promise<Exports>)
    .catch((error: unknown) => requireInstead(url, tsNode, error) as Exports)
    .catch((error: unknown) => {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      const what = `Cannot load ${shown(url)} in a thread. ${reason}${adviceFor(url, error)}`;
      throw new ThreadError(what, { cause: error });
    });
  return loading;
}

const found = new Map<string, Exported>();

/** The function of this name, if it has been asked for before. */
export function findAgain(name: string): Exported | undefined {
  return found.get(name);
}

/** The function of this name. Rejects if there is none. */
export async function find(source: Source, name: string): Promise<Exported> {
  const exports = await load(source);
  const exported = lookUp(exports, name);
  if (!isFunction(exported)) {
    const names = Object.keys(exports).filter((key) => isFunction(exports[key]));
    const what = exported === undefined ? `no function "${name}"` : `"${name}", which is ${kindOf(exported)}`;
    const others = names.length === 0 ? 'It exports no functions.' : `Its functions: ${names.join(', ')}.`;
    throw new TypeError(`${shown(source.url)} exports ${what}. ${others}`);
  }
  found.set(name, exported);
  return exported;
}

/** Finds an export. A CommonJS module exports one object, and Node does not know all of its names in advance. */
function lookUp(exports: Exports, name: string): unknown {
  if (Object.hasOwn(exports, name)) {
    return exports[name];
  }
  const whole: unknown = exports['default'];
  return whole !== null && whole !== undefined && Object.hasOwn(whole, name)
    ? (whole as Exports)[name]
    : undefined;
}

function isFunction(exported: unknown): exported is Exported {
  return typeof exported === 'function' && !/^class\b/.test(Function.prototype.toString.call(exported));
}

function kindOf(exported: unknown): string {
  const isNull = exported === null;
  return typeof exported === 'function' ? 'a class' : `no function (${isNull ? 'null' : typeof exported})`;
}

/** A URL, shortened: it may contain the whole module. */
function shown(url: string): string {
  return url.length > 200 ? `${url.slice(0, 200)}…` : url;
}
