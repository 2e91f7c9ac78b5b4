/**
 * Calls, scopes and results: the core, which needs RxJS alone.
 *
 * @module async-tamer
 */

export { abortSignal } from './execution/abort-signal.ts';
export { TamedCall } from './call/call.ts';
export type { ScopeEvent } from './scope/events.ts';
export type { ChildInfo } from './scope/child.ts';
export { acquire } from './call/acquire.ts';
export { allSettled } from './call/settled.ts';
export type { BlockOptions } from './blocking/block-options.ts';
export { concurrently, type ConcurrentlyOptions } from './call/concurrently.ts';
export { cleanup } from './call/cleanup.ts';
export {
  AwaitError,
  BlockingError,
  CancelledError,
  CleanupTimeoutError,
  ResultUnavailableError,
  ScopeClosedError,
  ScopeError,
} from './execution/errors.ts';

export { DelayedResult } from './result/result.ts';
export { AsyncScope, type AsyncScopeOptions, type NestedScope } from './scope/scope.ts';
export type { Emitted } from './call/function-execution.ts';
export { latest } from './call/latest.ts';
export type { PlatformObservable } from './call/platform-observable.ts';
export { sleep } from './call/sleep.ts';
export { synchronous } from './call/synchronous.ts';
export { tamed, type Leaf } from './call/tamed.ts';
export type { ShutdownOptions } from './scope/shutdown.ts';
export type { StartOptions } from './scope/start-options.ts';
export { within } from './scope/within.ts';
