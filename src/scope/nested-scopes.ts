/** A scope in another one, as far as that closes it. */
interface NestedScope {
  /** The body of `AsyncScope.run`. */
  readonly body: object | undefined;
  close(): unknown;
}

/**
 * The scopes nested in one that have not closed.
 *
 * Those to be closed are kept apart. Each that closes lets the outer scope look again, which must neither begin with the first
 * of many every time, nor close the next one while this one still does, and so all of them on one stack.
 */
export class NestedScopes<Scope extends NestedScope> extends Set<Scope> {
  // Invariant: some of this set, and all of it that are open.
  readonly #open = new Set<Scope>();

  override add(scope: Scope): this {
    this.#open.add(scope);
    return super.add(scope);
  }

  override delete(scope: Scope): boolean {
    this.#open.delete(scope);
    return super.delete(scope);
  }

  /** It closes, so that nobody else needs to close it. */
  closes(scope: Scope): void {
    this.#open.delete(scope);
  }

  /** Closes those whose owner has not done that. A run closes its own. */
  close(): void {
    const open = [...this.#open];
    this.#open.clear();
    open.forEach((scope) => scope.body ?? scope.close());
  }
}
