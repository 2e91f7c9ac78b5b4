import { node } from './node.ts';
import { guarded } from './uncaught.ts';

/** A request or a handle of Node, with the callbacks that Node calls by their names. */
type Owner = Record<PropertyKey, unknown>;
type Callback = (this: unknown, ...args: unknown[]) => unknown;

/** The names under which Node looks for the callback of a handle, and of a request. */
const OF_HANDLES = ['onread', 'onconnection', 'onexit', 'onmessage', 'onchange'];
const OF_REQUESTS = ['oncomplete', 'ondone'];

// For each callback that was wrapped here, the original one.
const wrapped = new WeakMap<Callback, Callback>();

/**
 * Wraps the callbacks of everything that is pending, so that an exception is caught in JavaScript. Otherwise it would pass
 * through the addon, which is not made for it. Node does not list everything: see listeners.ts.
 */
export function wrapCallbacks(): void {
  for (const request of node?._getActiveRequests?.() ?? []) {
    wrap(request, 'oncomplete');
  }
  forHandles((handle, name) => wrap(handle, name));
}

/** The same for a request or a handle that has just been made. */
export function wrapCallbacksOf(resource: object): void {
  [...OF_REQUESTS, ...OF_HANDLES].forEach((name) => wrap(resource, name));
}

/** Whether it is a handle whose callbacks are wrapped. */
export function isWrapped(handle: object): boolean {
  return OF_HANDLES.some((name) => wrapped.has((handle as Owner)[name] as Callback));
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

/** Wraps the callback that Node finds in `owner` by its name. */
export function wrap(resource: object, name: PropertyKey): void {
  const owner = resource as Owner;
  const callback = owner[name];
  if (typeof callback === 'function' && !wrapped.has(callback as Callback)) {
    const before = callback as Callback;
    const after: Callback = function (...args) {
      return guarded(() => before.apply(this, args));
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
  const inner =
    state === undefined ? undefined : (owner[state] as { handle?: Owner | null } | undefined)?.handle;
  if (inner !== undefined && inner !== null) {
    yield inner;
  }
}
