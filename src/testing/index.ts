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
