import { currentExecution, type Execution } from '../execution/execution.ts';
import { enqueue } from '../execution/queue.ts';
import { childOf } from './child.ts';

/** A nested scope, as far as the outer scope closes it. */
interface NestedScope<Scope> {
  /** Its neighbours among the scopes that are nested in the same one. */
  elder: Scope | undefined;
  younger: Scope | undefined;
  /** The body of `AsyncScope.run`. */
  readonly body: object | undefined;
  beginClose(): unknown;
}

/**
 * The nested scopes of a scope that have not closed, from the eldest on. They are linked as in a `Linked`, but by links of their
 * own: a scope may be in the list of its maker as well.
 */
export class NestedScopes<Scope extends NestedScope<Scope>> implements Iterable<Scope> {
  #eldest: Scope | undefined;
  #youngest: Scope | undefined;
  // The first one that `close()` has not reached. Each scope that closes lets the outer scope look again, and that must not begin
  // with the first of many every time.
  #unreached: Scope | undefined;

  get isEmpty(): boolean {
    return this.#eldest === undefined;
  }

  add(scope: Scope): void {
    scope.elder = this.#youngest;
    if (this.#youngest === undefined) {
      this.#eldest = scope;
    } else {
      this.#youngest.younger = scope;
    }
    this.#youngest = scope;
    this.#unreached ??= scope;
  }

  /** Takes `scope` out, if it is in the list. */
  delete(scope: Scope): void {
    const { elder, younger } = scope;
    if (elder === undefined && scope !== this.#eldest) {
      return;
    }
    if (scope === this.#unreached) {
      this.#unreached = younger;
    }
    if (elder === undefined) {
      this.#eldest = younger;
    } else {
      elder.younger = younger;
    }
    if (younger === undefined) {
      this.#youngest = elder;
    } else {
      younger.elder = elder;
    }
    scope.elder = undefined;
    scope.younger = undefined;
  }

  /** Iterates over the scopes of this moment, including those that close meanwhile. */
  [Symbol.iterator](): Iterator<Scope> {
    const all: Scope[] = [];
    for (let scope = this.#eldest; scope !== undefined; scope = scope.younger) {
      all.push(scope);
    }
    return all[Symbol.iterator]();
  }

  /** Closes the scopes that their owners have not closed. A run closes its own scope. */
  close(): void {
    for (let scope = this.#unreached; scope !== undefined; scope = this.#unreached) {
      this.#unreached = scope.younger;
      closeLater(scope);
    }
  }
}

/** By the queue: a scope that begins to close closes those nested in it, and their depth must not need the stack. */
function closeLater<Scope extends NestedScope<Scope>>(scope: Scope): void {
  enqueue({ proceed: () => scope.body ?? scope.beginClose() });
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
