import { reportUnhandled } from '../execution/unhandled.ts';

/** Looks after a scope for a framework, which lets the scope live long and closes it in the end. */
export interface Supervisor {
  /** A child begins or is queued, in the scope or in a scope nested in it. Called for each child. */
  busy(): void;
  /** The scope is being cancelled. May be called twice. */
  cancelled(): void;
  /** Nothing is queued, runs or cleans up any more, in the scope or in those nested in it. May be called twice. */
  idle(): void;
  /** Receives the error of a close that no caller has asked for. */
  undelivered(error: unknown): void;
}

/** Whether any scope has a supervisor. If none has, outer scopes need not be told of each child of a nested one. */
export let supervising = false;

/** Makes `supervisor` look after a scope. */
export function supervise(scope: { supervisor: Supervisor }, supervisor: Supervisor): void {
  scope.supervisor = supervisor;
  supervising = true;
}

/** The supervisor of most scopes, which their owner closes. */
export const unsupervised: Supervisor = {
  busy() {},
  cancelled() {},
  idle() {},
  undelivered: reportUnhandled,
};
