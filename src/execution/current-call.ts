import { asyncHooks } from './context.ts';

/** A running call, as far as this file needs to know it. The one implementation is `Execution`. */
export interface CurrentCall {
  readonly phase: Phase;
  /** It was let go: its code runs on, and is to be told when it comes to a tamed await. */
  readonly adrift: boolean;
}

/**
 * A call's life:
 *
 *     running ──────────────────────────────────▶ ended   its code has ended
 *        └─cancel──▶ stopping ──▶ unwinding ────▶ ended
 *
 * stopping: what it waits for has been torn down, the scopes it made are cancelled, and both still clean up.
 * unwinding: its own code has been told, and runs its `finally` blocks.
 */
export type Phase = 'running' | 'stopping' | 'unwinding' | 'ended';

/** No call's code: somebody's observer, or a callback that belongs to nobody. */
export const OUTSIDE = Symbol('outside');
/** The library between two pieces of somebody's code; what becomes ready meanwhile is run by `drain`. */
export const LIBRARY = Symbol('library');

export type Place = CurrentCall | typeof OUTSIDE | typeof LIBRARY | undefined;

// Whose code is on the stack. `undefined`: nobody has said, so the carried context (below) decides.
let here: Place;

/** Says whose code runs from here on, and returns what was said before; the caller puts that back. */
export function enter(place: Place): Place {
  const outer = here;
  here = place;
  return outer;
}

/** Runs `fn` as nobody's code, whatever context a timer or a promise has carried here. */
export function outside(fn: () => void): void {
  const outer = enter(OUTSIDE);
  try {
    fn();
  } finally {
    enter(outer);
  }
}

/** Runs what shall be over when this returns: as nobody's code, unless somebody's is running. */
export function atOnce(fn: () => void): void {
  const outer = here;
  if (outer === LIBRARY) {
    here = OUTSIDE;
  }
  try {
    fn();
  } finally {
    here = outer;
  }
}

/** Whether the library itself, rather than somebody's code, is on top of the stack. */
export function inLibrary(): boolean {
  return here === LIBRARY;
}

/** The tamed call whose code is running, where that is known. */
export function currentCall(): CurrentCall | undefined {
  if (here === undefined) {
    return carried();
  }
  return typeof here === 'symbol' ? undefined : here;
}

/** The tamed call whose own code is on the stack, which a callback that it left with a timer or an emitter is not. */
export function callOnStack(): CurrentCall | undefined {
  return here === undefined && carrier?.resumes?.() === false ? undefined : currentCall();
}

/** What carries the current call across `await`: TC39 `AsyncContext.Variable`, or Node's `AsyncLocalStorage`. */
interface Carrier {
  run<R>(call: CurrentCall, fn: () => R): R;
  get(): CurrentCall | undefined;
  /** Whether code goes on here after an `await`: not a callback that was left with a timer or an emitter. */
  resumes?(): boolean;
}

let carrier: Carrier | undefined;
let carrierSought = false;

/**
 * Runs `fn` as code of `call`, also after its `await`s where the runtime can carry that. The carrier is made
 * at the first use: in Node 20 every promise of a program costs more from then on, and programs without
 * asynchronous functions shall not pay for it.
 */
export function runCarried<R>(call: CurrentCall, fn: () => R): R {
  if (!carrierSought) {
    carrierSought = true;
    carrier = findCarrier();
  }
  const outer = enter(call);
  try {
    return carrier === undefined ? fn() : carrier.run(call, fn);
  } finally {
    enter(outer);
  }
}

/** Runs `fn` in no other call's carried context; where none is carried here, at no cost. */
export function apart<R>(call: CurrentCall, fn: () => R): R {
  const other = carrier?.get();
  return carrier === undefined || other === undefined || other === call ? fn() : carrier.run(call, fn);
}

/** Whether the current call is known after an `await`; false in browsers without `AsyncContext`. */
export function isCarried(): boolean {
  return carrier !== undefined;
}

function carried(): CurrentCall | undefined {
  const call = carrier?.get();
  // What a function left running after its end belongs to no call.
  return call === undefined || (call.phase === 'ended' && !call.adrift) ? undefined : call;
}

interface AsyncContextHost {
  AsyncContext?: { Variable: new () => Carrier };
}

function findCarrier(): Carrier | undefined {
  const host = globalThis as AsyncContextHost;
  if (host.AsyncContext !== undefined) {
    return new host.AsyncContext.Variable();
  }
  const hooks = asyncHooks();
  if (hooks === undefined) {
    return undefined;
  }
  const storage = new hooks.AsyncLocalStorage();
  return {
    run: (call, fn) => storage.run(call, fn),
    get: () => storage.getStore() as CurrentCall | undefined, // Nothing else is ever put there.
    // Every callback of Node has a resource with a number of its own; what follows an `await` has a promise, or none.
    resumes: () => hooks.executionAsyncId() === 0 || hooks.executionAsyncResource() instanceof Promise,
  };
}
