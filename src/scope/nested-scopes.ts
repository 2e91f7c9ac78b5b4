import { currentExecution, type Execution } from '../execution/execution.ts';
import { enqueue } from '../execution/queue.ts';
import { childOf } from './child.ts';

/** A nested scope, as far as the outer scope closes it. */
interface NestedScope {
  /** The body of `AsyncScope.run`. */
  readonly body: object | undefined;
  beginClose(): unknown;
}

/** The nested scopes of a scope that have not closed. */
export class NestedScopes<Scope extends NestedScope> extends Set<Scope> {
  // Those that have come since they were closed, once they have been. Each scope that closes lets the outer scope look again,
  // and that must not begin with the first of many every time.
  #late: Scope[] | undefined;

  override add(scope: Scope): this {
    this.#late?.push(scope);
    return super.add(scope);
  }

  /** Closes the scopes that their owners have not closed. A run closes its own scope. */
  close(): void {
    const open = this.#late ?? this;
    this.#late = [];
    // By the queue: a scope that begins to close closes those nested in it, and their depth must not need the stack.
    open.forEach((scope) => enqueue({ proceed: () => scope.body ?? scope.beginClose() }));
  }
}

/** A scope, as far as it tells its observers which scopes are made in it. */
interface Announcing {
  readonly broadcast: { nests(scope: object, id: number): void } | undefined;
}

/** Announces `scope` to the observers of the scope it was made in: its parent, or the scope of the call that made it. */
export function announce(scope: object, parent: Announcing | undefined, maker: Execution | undefined): void {
  maker?.member?.nests(scope);
  if (parent?.broadcast !== undefined) {
    const child = childOf(parent, currentExecution()?.member);
    if (child === undefined) {
      parent.broadcast.nests(scope, 0);
    } else {
      child.nests(scope);
    }
  }
}
