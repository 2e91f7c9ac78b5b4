/* eslint-disable house/no-underscores -- these are the names of Node, with the underscore of what it does not document */

/** The parts of Node's `process` that this library uses. */
export interface NodeProcess {
  readonly versions?: { readonly node?: string; readonly bun?: string; readonly deno?: string };
  getBuiltinModule?<Id extends keyof Builtins>(id: Id): Builtins[Id];
  /** Runs the waiting callbacks of `process.nextTick`, and the microtasks. Every Node has it; none documents it. */
  readonly _tickCallback?: () => void;
  /** Whether `process.exit()` was called, or nothing was left to do. As old as `_tickCallback`, and as undocumented. */
  readonly _exiting?: boolean;
  listenerCount?(event: string): number;
  eventNames?(): readonly (string | symbol)[];
  rawListeners?(event: string | symbol): readonly object[];
  on?(event: string | symbol, listener: Listener): void;
  removeListener?(event: string | symbol, listener: Listener): void;
  removeAllListeners?(event: string): void;
  hasUncaughtExceptionCaptureCallback?(): boolean;
  setUncaughtExceptionCaptureCallback?(callback: null): void;
  exitCode?: number | string | null | undefined;
  /** Ends the process, or this thread, on the spot. Undocumented, too. */
  reallyExit?(code: unknown): void;
  /** Does everything that Node does with an uncaught exception; false if no handler took it. Undocumented, too. */
  _fatalException?(error: unknown, fromPromise: boolean): boolean;
  /** Sockets, servers, child processes and the like, which keep the loop alive. Undocumented, too. */
  _getActiveHandles?(): readonly object[];
  /** The requests that are under way: a file, a name, a connection. Undocumented, too. */
  _getActiveRequests?(): readonly object[];
  /** The inside of Node. */
  binding?(name: string): unknown;
  emitWarning?: (...args: unknown[]) => void;
}

interface Builtins {
  readonly 'node:module': { createRequire(from: string): (id: string) => unknown };
  readonly 'node:timers': Timers;
  readonly 'node:vm': {
    runInThisContext(code: string): unknown;
    readonly Script: new (code: string) => { runInThisContext(): unknown };
  };
  readonly 'node:v8': {
    readonly promiseHooks?: { onSettled(hook: (promise: unknown) => void): () => void };
  };
  readonly 'node:events': {
    setMaxListeners?(limit: number, target: EventTarget): void;
    readonly prototype: EventEmitter;
  };
  readonly 'node:perf_hooks': { readonly performance: unknown };
  readonly 'node:worker_threads': {
    readonly isMainThread: boolean;
    readonly parentPort: object | null;
    readonly MessageChannel: new () => { readonly port1: NodePort };
  };
  readonly 'node:async_hooks': {
    createHook(hooks: Partial<AsyncHooks>): AsyncHook;
    executionAsyncResource(): object;
    readonly AsyncResource: new (type: string) => { runInAsyncScope(run: () => void): void };
  };
}

export interface EventEmitter {
  emit(...args: unknown[]): unknown;
}

/** A listener; one that is called once stands for another one. */
export interface Listener {
  (this: unknown, ...args: unknown[]): unknown;
  listener?: Listener | undefined;
}

interface Timers {
  setTimeout(fn: () => void, ms?: number): NodeTimer;
  clearTimeout(timer: NodeTimer): void;
  setImmediate(fn: () => void): NodeImmediate;
  clearImmediate(immediate: NodeImmediate): void;
}

export interface NodePort {
  ref(): void;
  unref(): void;
}

/** Node keeps the timers of one duration in a list. */
export interface NodeTimer extends NodePort {
  hasRef(): boolean;
  readonly _idleNext?: unknown;
  readonly _idlePrev?: unknown;
}

/** Node keeps immediates in a list. */
export interface NodeImmediate {
  readonly _idleNext?: NodeImmediate | null;
  readonly _idlePrev?: NodeImmediate | null;
  _onImmediate?: ((...args: unknown[]) => void) | null;
  unref(): void;
}

/** The handles that libuv waits for: a socket, a server, a child process, a watched file. */
export interface NodeHandle {
  readonly fd?: number;
  close(then?: (this: NodeHandle) => void): void;
  readStop?(): void;
  unref(): void;
  hasRef(): boolean;
}

export interface AsyncHooks {
  init(id: number, type: string, trigger: number, resource: object): void;
  before(id: number): void;
  after(id: number): void;
  /** Whether promises are tracked. Where a Node knows this option and it is false, promises cost nothing. */
  readonly trackPromises: boolean;
}

export interface AsyncHook {
  enable(): void;
  disable(): void;
}

/* eslint-enable house/no-underscores */

/** Node's `process`; undefined where there is none, and in runtimes that only look like Node. */
export const node = findNode();

function findNode(): NodeProcess | undefined {
  const { process } = globalThis as { process?: NodeProcess };
  const { node, bun, deno } = process?.versions ?? {};
  return node === undefined || bun !== undefined || deno !== undefined ? undefined : process;
}

/** 24 for Node 24.1.2; 0 where there is no Node. */
export const majorVersion = parseInt(node?.versions?.node ?? '0');

/** Node's own timers, taken when this file is loaded. Fake timers, which replace the globals, never fire by themselves. */
export const timers = node?.getBuiltinModule?.('node:timers');
