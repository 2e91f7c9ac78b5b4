import { enqueue } from '../execution/queue.ts';

/** A nested scope, as far as the outer scope closes it. */
interface NestedScope {
  /** The body of `AsyncScope.run`. */
  readonly body: object | undefined;
  beginClose(): unknown;
}

/**
 * The nested scopes of a scope that have not closed.
 *
 * The open ones are kept apart. Each nested scope that closes lets the outer scope look again. That must not begin with the
 * first of many scopes every time. Nor must it close the next one while this one still closes, and so all of them on one stack.
 */
export class NestedScopes<Scope extends NestedScope> extends Set<Scope> {
  // Invariant: a part of this set, which contains every scope that is open.
  readonly #open = new Set<Scope>();

  override add(scope: Scope): this {
    this.#open.add(scope);
    return super.add(scope);
  }

  override delete(scope: Scope): boolean {
    this.#open.delete(scope);
    return super.delete(scope);
  }

  /** The scope is closing, so the outer scope need not close it. */
  closes(scope: Scope): void {
    this.#open.delete(scope);
  }

  /** Closes the scopes that their owners have not closed. A run closes its own scope. */
  close(): void {
    const open = [...this.#open];
    this.#open.clear();
    // By the queue: a scope that begins to close closes those nested in it, and their depth must not need the stack.
    open.forEach((scope) => enqueue({ proceed: () => scope.body ?? scope.beginClose() }));
  }
}
