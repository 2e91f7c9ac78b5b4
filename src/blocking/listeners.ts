import { isWrapped, wrap } from './callbacks.ts';
import { node, type EventEmitter, type Listener } from './node.ts';
import { guarded, returns } from './uncaught.ts';

// Some callbacks cannot be wrapped before Node looks them up: those of a handle that is closing, and of what Node lists nowhere,
// such as signals and unreferenced handles. Such a callback is Node's own code, and calls listeners. So the listeners are guarded
// while it runs.

let unguard: (() => void) | undefined;

/** Guards the listeners that the callback of `resource` may call. It begins now. */
export function guardListeners(resource: object): void {
  unguardListeners();
  if (!isNative(resource)) {
    return;
  }
  const { constructor, context } = resource as { readonly context?: unknown } & object;
  if (constructor.name === 'Signal') {
    unguard = guardSignals();
  } else if (typeof context === 'object' && context !== null) {
    wrap(context, 'callback'); // The job of `fs.readFile()` finds it there.
  } else if (!isRequest(resource) && (isClosing(resource) || !isWrapped(resource))) {
    unguard = guardEmit();
  }
}

/** Lets all listeners be as they were. */
export function unguardListeners(): void {
  unguard?.();
  unguard = undefined;
}

function isNative(resource: { getAsyncId?: unknown }): boolean {
  return typeof resource.getAsyncId === 'function';
}

/** Its callback is code of the program, which may catch by itself what its listeners throw. */
function isRequest({ oncomplete, ondone }: { oncomplete?: unknown; ondone?: unknown }): boolean {
  return typeof oncomplete === 'function' || typeof ondone === 'function';
}

function isClosing(handle: object): boolean {
  return Object.getOwnPropertySymbols(handle).some(({ description }) => description === 'handle_onclose');
}

/** Guards whatever the callback emits, but not what a listener emits in turn: that code may wait for the error. */
function guardEmit(): (() => void) | undefined {
  const prototype = node?.getBuiltinModule?.('node:events').prototype;
  if (prototype === undefined) {
    return undefined;
  }
  const { emit } = prototype;
  let emitting = false;
  prototype.emit = function (this: EventEmitter, ...args) {
    if (emitting) {
      return emit.apply(this, args);
    }
    emitting = true;
    try {
      return guarded(() => emit.apply(this, args));
    } finally {
      emitting = false;
    }
  };
  return () => {
    prototype.emit = emit;
  };
}

/** Node has bound `emit` for them before, and does not say which signal it is. So the listeners of all are replaced. */
function guardSignals(): () => void {
  const names = (node?.eventNames?.() ?? []).filter((name) => /^SIG/.test(String(name)));
  const signal = { failed: false };
  names.forEach((name) => replaceListeners(name, (listener) => guard(name, listener, signal)));
  return () => names.forEach((name) => replaceListeners(name, (listener) => originals.get(listener)));
}

/** Each guarded listener, and what it stands for. */
const originals = new WeakMap<Listener, Listener>();

/** As ever, no listener is called after one that has thrown. */
function guard(name: string | symbol, listener: Listener, signal: { failed: boolean }): Listener {
  const once = listener.listener !== undefined;
  const after: Listener = function (...args) {
    if (signal.failed) {
      return;
    }
    if (once) {
      node?.removeListener?.(name, after);
    }
    signal.failed = !returns(() => listener.apply(this, args));
  };
  originals.set(after, listener);
  return after;
}

/** Replaces each listener in its place. There is always one of them, since Node does without the signal otherwise. */
function replaceListeners(
  name: string | symbol,
  replacement: (listener: Listener) => Listener | undefined,
): void {
  const listeners = (node?.rawListeners?.(name) ?? []) as readonly Listener[];
  const alone = listeners.length === 1;
  for (const listener of listeners) {
    const next = replacement(listener) ?? listener;
    if (alone) {
      node?.on?.(name, next);
    }
    node?.removeListener?.(name, listener);
    if (!alone) {
      node?.on?.(name, next);
    }
    if (originals.has(next)) {
      next.listener = listener.listener ?? listener; // By this, other code can remove it.
    }
  }
}
