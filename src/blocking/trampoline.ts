import { majorVersion, node, type AsyncHooks, type NodeProcess } from './node.ts';
import { guarded } from './uncaught.ts';

// Until Node 22 the inside of Node can be reached, and helps with the errors of its callbacks.

/** Node's record of the callbacks on the stack, and the places of the counters. */
interface AsyncWrap {
  readonly async_hook_fields: Uint32Array;
  readonly async_id_fields: Float64Array;
  readonly execution_async_resources: object[];
  readonly constants: Readonly<Record<Place, number>>;
  setCallbackTrampoline(trampoline?: Trampoline): void;
}

type Place =
  | 'kAfter'
  | 'kBefore'
  | 'kCheck'
  | 'kExecutionAsyncId'
  | 'kStackLength'
  | 'kTotals'
  | 'kTriggerAsyncId';

/** Node calls it in place of a callback while there is a hook or a use of `executionAsyncResource()`. */
type Trampoline = (
  this: unknown,
  id: number,
  resource: object,
  callback: (this: unknown, ...args: unknown[]) => unknown,
  ...args: unknown[]
) => unknown;

/** What has to be told of each callback. */
type Watch = Pick<AsyncHooks, 'before' | 'after'>;

let inside: { readonly found: AsyncWrap | undefined } | undefined;

function asyncWrap(): AsyncWrap | undefined {
  inside ??= { found: findAsyncWrap() };
  return inside.found;
}

// Whether Node calls callbacks through the function below.
let taken = false;

/**
 * Until Node 24, lets Node call its callbacks through a function that catches what they throw. Returns whether that is so:
 * other hooks of the program, which want to hear of each callback, have precedence. `watch` is the hook of this library.
 */
export function takeTrampoline(watch: Watch | undefined): boolean {
  const found = majorVersion < 24 ? asyncWrap() : undefined;
  if (found === undefined) {
    return false;
  }
  const { async_hook_fields: counts, constants } = found;
  const hooks = (counts[constants.kBefore] ?? 0) + (counts[constants.kAfter] ?? 0);
  if (hooks > (watch === undefined ? 0 : 2)) {
    returnTrampoline();
    return false;
  }
  node?.getBuiltinModule?.('node:async_hooks').executionAsyncResource(); // Node needs a trampoline for it from then on.
  found.setCallbackTrampoline(trampolineOf(found, watch));
  taken = true;
  return true;
}

function trampolineOf(found: AsyncWrap, watch: Watch | undefined): Trampoline {
  const { async_hook_fields: counts, execution_async_resources: resources } = found;
  const { kStackLength } = found.constants;
  return function (id, resource, callback, ...args) {
    resources[(counts[kStackLength] ?? 0) - 1] = resource;
    watch?.before(id);
    const returned = guarded(() => Reflect.apply(callback, this, args));
    watch?.after(id);
    return returned;
  };
}

/** Node's own function takes its place again, as if the first hook were enabled now. */
export function returnTrampoline(): void {
  const found = taken ? asyncWrap() : undefined;
  taken = false;
  if (found === undefined) {
    return;
  }
  const { async_hook_fields: counts, constants } = found;
  const { kCheck, kTotals } = constants;
  found.setCallbackTrampoline();
  if ((counts[kTotals] ?? 0) > 0) {
    const { [kCheck]: check = 1 } = counts;
    const hook = node?.getBuiltinModule?.('node:async_hooks').createHook({ init() {} });
    counts[kTotals] = 0;
    hook?.enable();
    counts[kCheck] = check;
    hook?.disable();
  }
}

/**
 * Until Node 22, an exception that passes through the addon leaves Node's record of the callbacks on the stack as it was, and
 * Node aborts when it finds that. So Node's check is off while `turn` runs, and the record is put right afterwards.
 */
export function keepingAccount(turn: () => boolean): boolean {
  const found = majorVersion < 22 ? asyncWrap() : undefined;
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
