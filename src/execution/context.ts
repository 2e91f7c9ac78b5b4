/** The asynchronous context of some moment, as the platform knows it: what `AsyncLocalStorage` or `AsyncContext` had there. */
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

/** Looked for when it is first needed. Not an import: bundlers for browsers must not see a Node module. */
export function asyncHooks(): AsyncHooks | undefined {
  hooks ??= { found: (globalThis as Host).process?.getBuiltinModule?.('node:async_hooks') };
  return hooks.found;
}

let capture: (() => Context | undefined) | undefined;

/** The context of here and now; undefined where the platform has none. */
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
  // A resource, and not `AsyncLocalStorage.snapshot()`, which takes a hundred times as long. Nobody is told when it has gone.
  return () =>
    Resource === undefined ? undefined : new Resource('AsyncTamer', { requireManualDestroy: true });
}

function contextOf(snapshot: Snapshot): Context {
  return { runInAsyncScope: (fn, self, ...args) => snapshot.run(() => fn.apply(self, args)) };
}

// How many contexts are restored, one inside the other; and Node's resource for the callback below them all.
let depth = 0;
let below: object | undefined;

/** Runs `fn` in `context`; where there is none, as it is. */
export function runIn<This, Args extends unknown[], R>(
  context: Context | undefined,
  fn: (this: This, ...args: Args) => R,
  self: This,
  ...args: Args
): R {
  if (context === undefined) {
    return fn.apply(self, args);
  }
  if (depth === 0) {
    below = hooks?.found?.executionAsyncResource();
  }
  depth++;
  try {
    return context.runInAsyncScope(fn, self, ...args);
  } finally {
    depth--;
    if (depth === 0) {
      below = undefined;
    }
  }
}

/** Node's resource for the callback that is running, which a context that is restored in it hides from Node. */
export function currentResource(): object | undefined {
  return below ?? asyncHooks()?.executionAsyncResource();
}
