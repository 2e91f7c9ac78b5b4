import { installRegistry } from '../execution/registry.ts';
import type { Execution } from '../execution/execution.ts';
import type { Lifetime } from '../scope/lifetime.ts';

/** A scope, and the name given to it, or ''. */
export interface NamedScope {
  readonly lifetime: Lifetime;
  readonly name: string;
}

/** Everything that has begun. Ended entries are removed from time to time. */
const calls = new Set<Execution>();
const scopes = new Map<Lifetime, NamedScope>();

// At this number of entries the ended ones are removed.
let full = 1000;

let listener: RollListener | undefined;

/** The run of a test, which knows what has begun in it. */
export interface RollListener {
  began(call: Execution): void;
  opened(scope: NamedScope): void;
}

installRegistry({
  began(call) {
    const execution = call as Execution; // The one implementation.
    calls.add(execution);
    listener?.began(execution);
    strikeOff();
  },
  opened(owned, name) {
    const lifetime = owned as Lifetime; // The one implementation.
    const scope = { lifetime, name };
    scopes.set(lifetime, scope);
    listener?.opened(scope);
    strikeOff();
  },
});

function strikeOff(): void {
  if (calls.size + scopes.size < full) {
    return;
  }
  calls.forEach((call) => call.isEnded() && calls.delete(call));
  scopes.forEach((_, lifetime) => lifetime.closed && scopes.delete(lifetime));
  full = 2 * (calls.size + scopes.size) + 1000;
}

/** Lets a run hear of everything that begins. Returns a function that ends that. */
export function listen(to: RollListener): () => void {
  listener = to;
  return () => {
    listener = undefined;
  };
}

/** Called by code that has handled these itself. */
export function strike(all: Iterable<Execution | Lifetime>): void {
  for (const each of all) {
    calls.delete(each as Execution);
    scopes.delete(each as Lifetime);
  }
}

/** Everything that has begun and may still run. */
export function roll(): { readonly calls: readonly Execution[]; readonly scopes: readonly NamedScope[] } {
  return { calls: [...calls], scopes: [...scopes.values()] };
}
