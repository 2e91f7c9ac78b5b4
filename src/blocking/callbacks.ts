import { majorVersion, node, type NodeProcess } from './node.ts';

/** A request or a handle of Node, with the callbacks that Node calls by their names. */
type Owner = Record<PropertyKey, unknown>;
type Callback = (this: unknown, ...args: unknown[]) => unknown;
/** Runs a callback so that no error of it gets out while the loop is being turned. */
type Guard = (run: () => unknown) => unknown;

/** The names under which Node looks for the callback of a handle, and of a request. */
const OF_HANDLES = ['onread', 'onconnection', 'onexit', 'onmessage', 'onchange'];
const OF_REQUESTS = ['oncomplete', 'ondone'];

// For each callback that was wrapped here, the original one.
const wrapped = new WeakMap<Callback, Callback>();

/**
 * Wraps the callbacks of everything that is pending, so that an exception is caught in JavaScript. Otherwise it would pass
 * through the addon, which is not made for it. Callbacks that cannot be found stay as they are: those of signals, and of jobs of
 * `node:crypto` and `node:zlib`.
 */
export function wrapCallbacks(guard: Guard): void {
  for (const request of node?._getActiveRequests?.() ?? []) {
    wrap(request as Owner, 'oncomplete', guard);
  }
  forHandles((handle, name) => wrap(handle, name, guard));
}

/** The same for a request or a handle that has just been made. */
export function wrapCallbacksOf(resource: object, guard: Guard): void {
  [...OF_REQUESTS, ...OF_HANDLES].forEach((name) => wrap(resource as Owner, name, guard));
}

/** Handles get their own callbacks back. A request has one callback, which outside of a block behaves as ever. */
export function unwrapCallbacks(): void {
  forHandles((handle, name) => {
    const before = wrapped.get(handle[name] as Callback);
    if (before !== undefined) {
      handle[name] = before;
    }
  });
}

function wrap(owner: Owner, name: PropertyKey, guard: Guard): void {
  const callback = owner[name];
  if (typeof callback === 'function' && !wrapped.has(callback as Callback)) {
    const before = callback as Callback;
    const after: Callback = function (...args) {
      return guard(() => before.apply(this, args));
    };
    wrapped.set(after, before);
    owner[name] = after;
  }
}

function forHandles(each: (handle: Owner, name: PropertyKey) => void): void {
  for (const owner of node?._getActiveHandles?.() ?? []) {
    for (const handle of handlesOf(owner as Owner)) {
      OF_HANDLES.forEach((name) => each(handle, name));
    }
  }
}

/** The handle of a socket, a server, a child process; that of a socket for datagrams is further inside. */
function* handlesOf(owner: Owner): Iterable<Owner> {
  const own = Object.getOwnPropertyDescriptor(owner, '_handle')?.value as Owner | null | undefined;
  if (own !== undefined && own !== null) {
    yield own;
    return;
  }
  const state = Object.getOwnPropertySymbols(owner).find(({ description }) => description === 'state symbol');
  const inner = state === undefined ? undefined : (owner[state] as { handle?: Owner } | undefined)?.handle;
  if (inner !== undefined) {
    yield inner;
  }
}

/** Node's record of the callbacks on the stack, and the places of the counters. */
interface AsyncWrap {
  readonly async_hook_fields: Uint32Array;
  readonly async_id_fields: Float64Array;
  readonly constants: Readonly<
    Record<'kCheck' | 'kStackLength' | 'kExecutionAsyncId' | 'kTriggerAsyncId', number>
  >;
}

let wrap20: { readonly found: AsyncWrap | undefined } | undefined;

/**
 * Until Node 22, an exception that passes through the addon leaves Node's record of the callbacks on the stack as it was, and
 * Node aborts when it finds that. So Node's check is off while `turn` runs, and the record is put right afterwards.
 */
export function keepingAccount(turn: () => boolean): boolean {
  wrap20 ??= { found: majorVersion < 22 ? findAsyncWrap() : undefined };
  const { found } = wrap20;
  if (found === undefined) {
    return turn();
  }
  const { async_hook_fields: counts, async_id_fields: ids } = found;
  const { kCheck, kStackLength, kExecutionAsyncId, kTriggerAsyncId } = found.constants;
  const [check = 1, length = 0] = [counts[kCheck], counts[kStackLength]];
  const [id = 0, trigger = 0] = [ids[kExecutionAsyncId], ids[kTriggerAsyncId]];
  counts[kCheck] = 0;
  const returned = turn();
  counts[kCheck] = check;
  // It is empty if a handler took the exception.
  if ((counts[kStackLength] ?? 0) > length) {
    counts[kStackLength] = length;
    ids[kExecutionAsyncId] = id;
    ids[kTriggerAsyncId] = trigger;
  }
  return returned;
}

/** It is deprecated, and in these versions there is no other way. So Node must not warn of it here. */
function findAsyncWrap(): AsyncWrap | undefined {
  // A test in Jest sees a copy, and Node warns by the original.
  const original = node?.getBuiltinModule?.('node:vm').runInThisContext('process') as NodeProcess | undefined;
  if (original?.emitWarning === undefined) {
    return undefined;
  }
  const { emitWarning } = original;
  try {
    original.emitWarning = () => {};
    return original.binding?.('async_wrap') as AsyncWrap | undefined;
  } catch {
    return undefined;
  } finally {
    original.emitWarning = emitWarning;
  }
}
