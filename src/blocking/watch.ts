import { unwrapCallbacks, wrapCallbacks, wrapCallbacksOf } from './callbacks.ts';
import { guardImmediate } from './immediates.ts';
import { guardListeners, unguardListeners } from './listeners.ts';
import { majorVersion, node, type AsyncHook, type AsyncHooks } from './node.ts';
import { isThread } from './thread.ts';
import { returnTrampoline, takeTrampoline } from './trampoline.ts';

// Keeps the errors of Node's callbacks from getting into the addon, and finds those that did. From Node 22 on such an error is
// lost, and only the missing end of the callback shows that there was one.

// Callbacks that have begun and have not ended.
const begun: { readonly id: number; readonly name: string }[] = [];
// What has been made since the last turn, and may have callbacks.
const made: object[] = [];
// Whether all that was pending before has its callbacks wrapped.
let wrapped = false;
// Whether the errors of all callbacks are caught where Node calls them.
let caught = false;

let hook: AsyncHook | undefined;
let enabled = false;

const watch: AsyncHooks = {
  init(_id, type, _trigger, resource) {
    if (type === 'Immediate' && isThread()) {
      guardImmediate(resource);
    } else if (!OF_JAVASCRIPT.has(type)) {
      made.push(resource);
    }
  },
  before(id) {
    const resource = resourceNow();
    begun.push({ id, name: resource?.constructor.name ?? '' });
    if (!caught && resource !== undefined) {
      guardListeners(resource);
    }
  },
  after(id) {
    unguardListeners();
    const index = begun.findLastIndex((callback) => callback.id === id);
    if (index >= 0) {
      begun.splice(index);
    }
  },
  trackPromises: false,
};

/** Starts to watch. */
export function startWatching(): void {
  node?.on?.('uncaughtExceptionMonitor', told);
}

/** Stops watching, and lets everything be as it was. */
export function stopWatching(): void {
  hook?.disable();
  enabled = false;
  node?.removeListener?.('uncaughtExceptionMonitor', told);
  returnTrampoline();
  unwrapCallbacks();
  wrapped = false;
  caught = false;
  made.length = 0;
}

/** Prepares a turn. */
export function guardCallbacks(): void {
  begun.length = 0;
  caught = takeTrampoline(enabled ? watch : undefined);
  if (!enabled && (!caught || majorVersion >= 22 || isThread())) {
    enable();
  }
  if (!caught && !wrapped) {
    wrapCallbacks();
    wrapped = true;
  }
  made.splice(0).forEach((resource) => wrapCallbacksOf(resource));
}

/**
 * On Node 20, a hook costs each promise, and an error that nothing catches leaves the addon, so it is known. A thread pays this,
 * since the hook tells of immediates.
 */
function enable(): void {
  hook ??= hooks()?.createHook(watch);
  hook?.enable();
  enabled = true;
  caught = takeTrampoline(watch);
}

/** The names of the callbacks whose errors were lost in this turn. */
export function lostErrors(): readonly string[] {
  unguardListeners();
  return majorVersion < 22 ? [] : begun.splice(0).map(({ name }) => name);
}

/** Node itself has caught the error of the callback that began last. */
function told(_error: unknown, origin: unknown): void {
  if (origin === 'uncaughtException') {
    begun.pop();
  }
}

function hooks() {
  return node?.getBuiltinModule?.('node:async_hooks');
}

function resourceNow(): object | undefined {
  return hooks()?.executionAsyncResource();
}

/** The objects of Node that have a function for a callback. */
const OF_JAVASCRIPT = new Set(['Timeout', 'Immediate', 'TickObject', 'Microtask', 'PROMISE']);
