/** An asynchronous context, as the platform captured it: the values of `AsyncLocalStorage` or `AsyncContext` at that moment. */
export interface Context {
  runInAsyncScope<This, Args extends unknown[], R>(
    fn: (this: This, ...args: Args) => R,
    self: This,
    ...args: Args
  ): R;
}

/** What this library uses of `node:async_hooks`. */
export interface AsyncHooks {
  readonly AsyncLocalStorage: new () => {
    run<R>(store: unknown, fn: () => R): R;
    getStore(): unknown;
    enterWith(store: unknown): void;
  };
  readonly AsyncResource: new (name: string, options: { readonly requireManualDestroy: boolean }) => Context;
  executionAsyncId(): number;
  executionAsyncResource(): object;
}

interface Snapshot {
  run<R>(fn: () => R): R;
}

interface Host {
  AsyncContext?: { Snapshot?: new () => Snapshot };
  process?: { getBuiltinModule?: (id: string) => AsyncHooks | undefined };
}

let hooks: { readonly found: AsyncHooks | undefined } | undefined;

/** Node's `async_hooks`, looked up at the first use. It is not imported: bundlers for browsers must not see a Node module. */
export function asyncHooks(): AsyncHooks | undefined {
  hooks ??= { found: (globalThis as Host).process?.getBuiltinModule?.('node:async_hooks') };
  return hooks.found;
}

let capture: (() => Context | undefined) | undefined;

/** The current context; undefined where the platform has none. */
export function captureContext(): Context | undefined {
  capture ??= findCapture();
  return capture();
}

function findCapture(): () => Context | undefined {
  const { AsyncContext } = globalThis as Host;
  if (AsyncContext !== undefined) {
    const { Snapshot } = AsyncContext;
    return () => (Snapshot === undefined ? undefined : contextOf(new Snapshot()));
  }
  const Resource = asyncHooks()?.AsyncResource;
  // An `AsyncResource`, since `AsyncLocalStorage.snapshot()` takes a hundred times as long. No hook needs to know when it is
  // gone.
  return () =>
    Resource === undefined ? undefined : new Resource('AsyncTamer', { requireManualDestroy: true });
}

function contextOf(snapshot: Snapshot): Context {
  return { runInAsyncScope: (fn, self, ...args) => snapshot.run(() => fn.apply(self, args)) };
}

// How many contexts are restored, one inside the other, and Node's resource of the callback that runs below them all.
let depth = 0;
let below: object | undefined;

/** Runs `fn` in `context`, or in the current one if `context` is undefined. */
export function runIn<This, R>(context: Context | undefined, fn: (this: This) => R, self: This): R;
export function runIn<This, Arg, R>(
  context: Context | undefined,
  fn: (this: This, arg: Arg) => R,
  self: This,
  arg: Arg,
): R;
export function runIn<This, Arg, R>(
  context: Context | undefined,
  fn: (this: This, arg?: Arg) => R,
  self: This,
  arg?: Arg,
): R {
  if (context === undefined) {
    return fn.call(self, arg);
  }
  if (depth === 0) {
    below = hooks?.found?.executionAsyncResource();
  }
  depth++;
  try {
    return context.runInAsyncScope(fn, self, arg);
  } finally {
    depth--;
    if (depth === 0) {
      below = undefined;
    }
  }
}

/**
 * Runs `fn` in a copy of `context`, or of the current one. `fn` is code during which other code that has this context may be
 * cancelled and unwind. Until Node 24, `AsyncLocalStorage.run()` changes the very context in which it runs, so that the other code
 * would unwind in the store of `fn`.
 */
export function runInCopy<This>(context: Context | undefined, fn: (this: This) => void, self: This): void {
  runIn(context, inCopy<This>, self, fn);
}

function inCopy<This>(this: This, fn: (this: This) => void): void {
  runIn(captureContext(), fn, this);
}

/** Node's resource of the callback that is running. A context that the callback restores hides that resource from Node. */
export function currentResource(): object | undefined {
  return below ?? asyncHooks()?.executionAsyncResource();
}
