import { asyncHooks, type AsyncHooks } from './context.ts';

/** A running call, as far as this file needs to know it. Its one implementation is `Execution`. */
export interface CurrentCall {
  readonly phase: Phase;
  /** The library no longer waits for its code, which still runs. The code is told of the cancel at its next tamed await. */
  readonly abandoned: boolean;
}

/**
 * A call's life:
 *
 *     running ──────────────────────────────────▶ ended   its code has ended
 *        └─cancel──▶ stopping ──▶ unwinding ────▶ ended
 *
 * stopping: what it waits for has been torn down, the scopes it made are cancelled, and both still clean up.
 * unwinding: its own code has been told of the cancel, and runs its `finally` blocks.
 */
export type Phase = 'running' | 'stopping' | 'unwinding' | 'ended';

/** The code of no call: an observer of the user, or a callback that belongs to no call. */
export const OUTSIDE = Symbol('outside');
/** The library itself, between two pieces of user code. What becomes ready meanwhile is run by the loop of `queue.ts`. */
export const LIBRARY = Symbol('library');

export type Place = CurrentCall | typeof OUTSIDE | typeof LIBRARY | undefined;

// Whose code is on the stack. `undefined`: this is not set, so the carried context (below) decides.
let here: Place;

/** Sets whose code runs from here on, and returns what was set before. The caller of `enter` restores that. */
export function enter(place: Place): Place {
  const outer = here;
  here = place;
  return outer;
}

/** Runs `fn` as the code of no call, whatever context a timer or a promise has carried here. */
export function outside(fn: () => void): void {
  const outer = enter(OUTSIDE);
  try {
    fn();
  } finally {
    enter(outer);
  }
}

/**
 * Runs `fn` so that everything it makes ready is done when this returns. On top of the library it runs as the code of no call;
 * otherwise as the code that is running already.
 */
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

/** Whether the library itself, rather than user code, is on top of the stack. */
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

/** The tamed call whose own code is on the stack. A callback that it left with a timer or an emitter is not its own code. */
export function callOnStack(): CurrentCall | undefined {
  return here === undefined && carrier?.resumes?.() === false ? undefined : currentCall();
}

/** Carries the current call across `await`: TC39 `AsyncContext.Variable`, or Node's `AsyncLocalStorage`. */
interface Carrier {
  run<R>(call: CurrentCall, fn: () => R): R;
  /** The same at the beginning of a restored context, which ends with `fn`. Absent where that would change the context for good. */
  runInRestored?<R>(call: CurrentCall, fn: () => R): R;
  get(): CurrentCall | undefined;
  /** Whether this is code that goes on after an `await`, and no callback that was left with a timer or an emitter. */
  resumes?(): boolean;
}

let carrier: Carrier | undefined;
let carrierSought = false;

/**
 * Runs `fn` as code of `call`, also after its `await`s where the runtime can carry that. The carrier is made at the first use:
 * in Node 20 it makes every promise of the program more expensive, and programs without asynchronous functions must not pay for
 * it. `restored` says that a context has been restored for `fn` alone.
 */
export function runCarried<R>(call: CurrentCall, fn: () => R, restored: boolean): R {
  if (!carrierSought) {
    carrierSought = true;
    carrier = findCarrier();
  }
  const outer = enter(call);
  try {
    if (carrier === undefined) {
      return fn();
    }
    return restored && carrier.runInRestored !== undefined
      ? carrier.runInRestored(call, fn)
      : carrier.run(call, fn);
  } finally {
    enter(outer);
  }
}

/** Runs `fn` outside the carried context of any other call. Where no context is carried, this costs nothing. */
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
  // Code that a function left running after its end belongs to no call.
  return call === undefined || (call.phase === 'ended' && !call.abandoned) ? undefined : call;
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
    ...(keepsContexts(storage, hooks) && {
      // From Node 24 on, `run` makes a context before `fn`, and one more after it.
      runInRestored<R>(call: CurrentCall, fn: () => R): R {
        storage.enterWith(call);
        return fn();
      },
    }),
    run: (call, fn) => storage.run(call, fn),
    get: () => storage.getStore() as CurrentCall | undefined, // Only calls are stored there.
    // Node gives each callback a resource and an id. Code after an `await` has a promise as its resource, or the id 0.
    resumes: () => hooks.executionAsyncId() === 0 || hooks.executionAsyncResource() instanceof Promise,
  };
}

/** Whether code cannot change the context that was restored for it, as from Node 24 on. */
function keepsContexts(storage: InstanceType<AsyncHooks['AsyncLocalStorage']>, hooks: AsyncHooks): boolean {
  const context = new hooks.AsyncResource('AsyncTamer', { requireManualDestroy: true });
  context.runInAsyncScope(() => storage.enterWith(OUTSIDE), undefined);
  return context.runInAsyncScope(() => storage.getStore(), undefined) !== OUTSIDE;
}
