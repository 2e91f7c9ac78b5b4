import type { TamedCall } from '../call/call.ts';
import { quote } from '../execution/errors.ts';
import type { Emitted } from '../call/function-execution.ts';

/**
 * The exported functions of a module `M`, each as a tamed function that runs elsewhere. An export that is no function, is a
 * class, or needs a `this` is left out.
 */
export type RemoteFunctions<M> = { readonly [K in NamesOfFunctions<M>]: RemoteFunction<M[K]> };

type NamesOfFunctions<M> = {
  [K in keyof M]: K extends string
    ? K extends 'then'
      ? never
      : IsPlainFunction<M[K]> extends true
        ? K
        : never
    : never;
}[keyof M];

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- variance: whatever its arguments are
type AnyFunction = (...args: any) => unknown;

/** True for a function without a `this`: its type says nothing of it, or `this: void`. */
type IsPlainFunction<F> = F extends AnyFunction
  ? unknown extends ThisParameterType<F>
    ? true
    : ThisParameterType<F> extends void // eslint-disable-line @typescript-eslint/no-invalid-void-type -- "this: void"
      ? true
      : false
  : false;

type RemoteFunction<F> = F extends AnyFunction
  ? (...args: Parameters<OmitThisParameter<F>>) => TamedCall<Emitted<ReturnType<F>>>
  : never;

/** Runs calls elsewhere. */
export interface Runner {
  /** The tamed function that stands for an exported one. */
  functionNamed(name: string): (...args: unknown[]) => TamedCall<unknown>;
  /** Closes on the spot, or throws a `BlockingError`. */
  closeHere(): void;
  close(): Promise<void>;
}

/** An object with a function for every name, since any name may be exported. */
export function functionsOf(runner: Runner): object {
  const functions = new Map<string, unknown>();
  const own = Object.freeze({
    [Symbol.dispose]: () => runner.closeHere(),
    [Symbol.asyncDispose]: () => runner.close(),
  });
  return new Proxy(own, {
    get(_target, key): unknown {
      if (typeof key === 'symbol') {
        return (own as Record<symbol, unknown>)[key];
      }
      if (key === 'then') {
        return undefined; // Otherwise "await" would take it for a promise.
      }
      const known = functions.get(key) ?? runner.functionNamed(key);
      functions.set(key, known);
      return known;
    },
  });
}

/** The URL of a module as text. Throws a `TypeError` that says how to write it; `caller` is the function that takes the URL. */
export function hrefOf(url: unknown, caller: 'threads' | 'fleet' | 'serveFleet'): string {
  const href = url instanceof URL ? url.href : url;
  if (typeof href === 'string' && /^(?:file|data):/.test(href) && URL.canParse(href)) {
    return href;
  }
  throw new TypeError(
    `${caller}() takes the URL of a module, but got ${quote(url instanceof URL ? href : url)}. ` +
      `Write: ${caller}(new URL('./work.js', import.meta.url)).`,
  );
}
