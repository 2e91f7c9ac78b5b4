/**
 * Calls, scopes and results: the core, which needs RxJS alone.
 *
 * @module async-tamer
 */

export { abortSignal } from './abort-signal.ts';
export { TamedCall } from './call.ts';
export type { ScopeEvent } from './broadcast.ts';
export type { ChildInfo } from './child.ts';
export { cleanup } from './cleanup.ts';
export {
  AwaitError,
  BlockingError,
  CancelledError,
  CleanupTimeoutError,
  ResultUnavailableError,
  ScopeClosedError,
  ScopeError,
} from './errors.ts';

export { DelayedResult } from './result.ts';
export { AsyncScope, type AsyncScopeOptions, type NestedScope } from './scope.ts';
export type { Emitted } from './shapes.ts';
export { sleep } from './sleep.ts';
export { synchronous } from './synchronous.ts';
export { tamed, type Leaf } from './tamed.ts';
export { within } from './within.ts';
