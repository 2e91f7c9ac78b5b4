import { currentResource } from '../execution/context.ts';
import { majorVersion, node, timers, type NodeHandle } from './node.ts';

/**
 * Runs `turns`, which turns the event loop. In a callback of a handle, such as a socket, Node and libuv go on to use it when
 * that callback has returned. What is closed while the loop turns is freed, though, and that would be under their feet. So of
 * all handles that there are, one of which it may be, only JavaScript learns that they are closed: they are when the loop is
 * at rest again. Until then they hear nothing, and keep no loop alive.
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
    kept.forEach((handle) => Reflect.deleteProperty(handle, 'close')); // So that it has that of its class again.
    closed.forEach((handle) => handle.close());
  }
}

/** Those that Node knows, and the one whose callback this is, though it may be unreferenced; but for those kept already. */
function openHandles(): NodeHandle[] {
  const owners = node?._getActiveHandles?.() ?? [];
  return [currentResource(), ...owners.map((owner) => handleOf(owner) ?? owner)].filter(
    (handle) => isHandle(handle) && !Object.hasOwn(handle, 'close'),
  ) as NodeHandle[];
}

/**
 * Whether this is a callback of a handle that has been closed in it: a child process that has exited, a socket that was
 * destroyed. From Node 24 on, Node itself holds it until the callback has returned.
 */
export function isInClosedHandle(): boolean {
  const handle = currentResource();
  // One that has been closed to its end has no reference any more, and what is called then is safe.
  if (majorVersion >= 24 || !isHandle(handle) || !handle.hasRef()) {
    return false;
  }
  const { fd = 0, ...own } = handle as NodeHandle & Record<symbol, unknown>;
  const values = Object.getOwnPropertySymbols(own).map((symbol) => own[symbol]);
  const owner = values.find((value) => Object.hasOwn(Object(value) as object, '_handle'));
  return fd < 0 || (owner !== undefined && handleOf(owner as object) !== handle);
}

/** Whether this is a message that a thread is sent by the one that made it: a port that stays open as long as the thread. */
export function isInParentPort(): boolean {
  const port = node?.getBuiltinModule?.('node:worker_threads').parentPort;
  return port !== null && port === currentResource();
}

/** A socket, a server and a child process have it for themselves, and nothing any more when they have closed it. */
function handleOf(owner: object): unknown {
  return Object.getOwnPropertyDescriptor(owner, '_handle')?.value;
}

function isHandle(value: unknown): value is NodeHandle {
  const { close, unref, hasRef } = Object(value) as Partial<Record<keyof NodeHandle, unknown>>;
  return [close, unref, hasRef].every((method) => typeof method === 'function');
}
