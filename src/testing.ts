/**
 * Tests in virtual time, by marble diagrams of Observables and of scopes, in any test framework.
 *
 * @module async-tamer/testing
 */

export type { ObservableAssertion, SubscriptionAssertion } from './testing/expectations.ts';
export type { Values } from './testing/letters.ts';
export { runMarbles, type MarbleHelpers } from './testing/marbles.ts';
export { runMarblesAsync, type AsyncMarbleHelpers } from './testing/marbles-async.ts';
export { expectNothingRunning } from './testing/nothing-running.ts';
export type { CommonHelpers, ScopeAssertion } from './testing/run.ts';
export type { EventPattern } from './testing/scope-expectation.ts';
