import { reportUnhandled } from '../execution/unhandled.ts';

/** Looks after a scope for whoever lets it live long, and closes it in the end: a framework. */
export interface Supervisor {
  /** A child begins or is queued, in the scope or in one nested in it; said of each. */
  busy(): void;
  /** The scope is being cancelled; may be said twice. */
  cancelled(): void;
  /** Nothing is queued, runs or cleans up in it any more, nor in those nested in it; may be said twice. */
  idle(): void;
  /** Gets what closing has raised and nobody has asked for. */
  unheard(error: unknown): void;
}

/** Of most scopes, which their owner closes. */
export const nobody: Supervisor = { busy() {}, cancelled() {}, idle() {}, unheard: reportUnhandled };
