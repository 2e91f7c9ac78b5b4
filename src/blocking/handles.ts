import { currentResource } from '../execution/context.ts';
import { majorVersion, node, timers, type NodeHandle } from './node.ts';

/**
 * Runs `turns`, which turns the event loop. When a callback of a handle, such as a socket, returns, Node and libuv go on using
 * that handle. But a handle that is closed while the loop turns is freed, so they would use freed memory. Which handle it is
 * cannot be known for sure. So the close of every open handle is put off: JavaScript is told that the handle has closed, and it
 * closes really when the loop is at rest again. Until then it receives nothing, and does not keep the loop alive.
 */
export function keepingHandles<R>(turns: () => R): R {
  const kept = new Set(openHandles());
  const closed = new Set<NodeHandle>();
  kept.forEach((handle) => {
    handle.close = (then): void => {
      closed.add(handle);
      handle.readStop?.();
      handle.unref();
      if (typeof then === 'function') {
        timers?.setImmediate(() => then.call(handle));
      }
    };
  });
  try {
    return turns();
  } finally {
    kept.forEach((handle) => Reflect.deleteProperty(handle, 'close')); // The method of its class shows again.
    closed.forEach((handle) => handle.close());
  }
}

/**
 * The open handles: those that Node lists, and the one whose callback is running, which may be unreferenced. Leaves out those
 * that are kept already.
 */
function openHandles(): NodeHandle[] {
  const owners = node?._getActiveHandles?.() ?? [];
  return [currentResource(), ...owners.map((owner) => handleOf(owner) ?? owner)].filter(
    (handle) => isHandle(handle) && !Object.hasOwn(handle, 'close'),
  ) as NodeHandle[];
}

/**
 * Whether this is a callback of a handle that was closed in it: a child process that has exited, a socket that was destroyed.
 * From Node 24 on, Node itself keeps the handle until the callback has returned.
 */
export function isInClosedHandle(): boolean {
  const handle = currentResource();
  // A handle whose close is complete has no reference any more. What is called then is safe.
  if (majorVersion >= 24 || !isHandle(handle) || !handle.hasRef()) {
    return false;
  }
  const { fd = 0, ...own } = handle as NodeHandle & Record<symbol, unknown>;
  const values = Object.getOwnPropertySymbols(own).map((symbol) => own[symbol]);
  const owner = values.find((value) => Object.hasOwn(Object(value) as object, '_handle'));
  return fd < 0 || (owner !== undefined && handleOf(owner as object) !== handle);
}

/** Whether this is a message that a thread gets from the thread that made it. That port stays open as long as the thread. */
export function isInParentPort(): boolean {
  const port = node?.getBuiltinModule?.('node:worker_threads').parentPort;
  return port !== null && port === currentResource();
}

/**
 * The handle of a socket, a server or a child process. It is a property of the object itself, and empty once that has closed
 * it.
 */
function handleOf(owner: object): unknown {
  return Object.getOwnPropertyDescriptor(owner, '_handle')?.value;
}

function isHandle(value: unknown): value is NodeHandle {
  const { close, unref, hasRef } = Object(value) as Partial<Record<keyof NodeHandle, unknown>>;
  return [close, unref, hasRef].every((method) => typeof method === 'function');
}
