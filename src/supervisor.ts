/** Looks after a scope for whoever lets it live long, and closes it in the end: a framework. */
export interface Supervisor {
  /** A child begins or is queued, in the scope or in one nested in it; said of each. */
  busy(): void;
  /** Nothing is queued, runs or cleans up in it any more, nor in those nested in it; may be said twice. */
  idle(): void;
  /** Gets what closing has raised and nobody has asked for, in the place of RxJS's `config.onUnhandledError`. */
  unheard(error: unknown): void;
}
