// The room `testing`. It promises: a test in virtual time takes no real time, and nothing of it runs on after its end.
// It takes from `blocking`: that `block()` uses the clock that is installed. It takes from `scope`: the events of every scope.

/**
 * Tests in virtual time, by marble diagrams of Observables and of scopes, in any test framework.
 *
 * @module async-tamer/testing
 */

export type { ObservableAssertion, SubscriptionAssertion } from './expectations.ts';
export type { Values } from './letters.ts';
export { runMarbles, type MarbleHelpers } from './marbles.ts';
export { runMarblesAsync, type AsyncMarbleHelpers } from './marbles-async.ts';
export { expectNothingRunning } from './nothing-running.ts';
export type { CommonHelpers, ScopeAssertion } from './run.ts';
export type { EventPattern } from './scope-expectation.ts';
