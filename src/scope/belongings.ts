import type { Cancellation } from '../execution/cancellation.ts';
import type { Phase } from '../execution/current-call.ts';
import type { Execution } from '../execution/execution.ts';
import type { Need } from '../execution/need.ts';
import type { Child } from './child.ts';
import type { Children } from './children.ts';
import type { CleaningUp } from './cleanup-timeout.ts';
import type { NestedScopes } from './nested-scopes.ts';
import { ScopeEvents } from './events.ts';
import { LazySignal } from '../execution/lazy-signal.ts';
import { Droppable } from './dropped-scope.ts';
import { Services } from './services.ts';

/** What a scope can have nested in it, as long as it is open. */
interface Nested<N> {
  elder: N | undefined;
  younger: N | undefined;
  readonly body: Execution | undefined;
  beginClose(): unknown;
}

/** The body of a run, as the scope of that run knows it. */
export interface BodyOfRun extends CleaningUp {
  readonly body: Execution | undefined;
  readonly run: Execution;
}

/**
 * What a scope owns, and whether any of it goes on. `N`: the scopes nested in it. Nothing is made before it is needed: most
 * scopes live shortly, and many are never used.
 *
 * Invariant: `children` holds exactly the children that are queued, running, or cleaning up, in the order of their start.
 */
export abstract class Belongings<N extends Belongings<N> & Nested<N>> extends Droppable {
  /** Undefined until the first of them is started. */
  children: Children | undefined;
  /** Undefined until the first of them is made. */
  nested: NestedScopes<N> | undefined;
  /** The body of `AsyncScope.run`, if this is the scope of a run. */
  bodyOfRun: BodyOfRun | undefined;
  cancellation: Cancellation | undefined;
  /** Feeds its streams. Undefined until one of them is asked for. */
  broadcast: ScopeEvents | undefined;
  /** Aborts its signal. Undefined until the signal is asked for. */
  protected aborting: LazySignal | undefined;
  /**
   * Whether the call that made it has cancelled it. That call goes on until the scope closes: its `finally` may use the
   * services.
   */
  protected servesMaker = false;
  #holds = 0; // Counts cleanups under the body of its run, and a failure on its way. It closes after them.

  /** Its close, once that has begun. */
  abstract readonly closing: { readonly ended: boolean } | undefined;
  /** Checks whether there is nothing left to wait for. */
  abstract settle(): void;
  /** Whether its close waits for running children. If not, it cancels them. */
  abstract readonly waits: boolean;

  /** What its close waits for and does not cancel. */
  get need(): readonly Need[] {
    const children = [...(this.children ?? [])].filter(
      ({ service, result }) => !service || result.status !== 'pending',
    );
    const nested = [...(this.nested ?? [])].filter(
      ({ waits, cancellation }) => waits || cancellation !== undefined,
    );
    return [...children, ...nested.flatMap(({ need }) => need)];
  }

  /** Called when one of its streams is asked for. */
  watch(): ScopeEvents {
    return (this.broadcast ??= new ScopeEvents(this.closed));
  }

  get signal(): AbortSignal {
    return (this.aborting ??= new LazySignal()).get(this.cancellation);
  }

  /** Whether everything has ended. */
  get closed(): boolean {
    return this.closing?.ended === true;
  }

  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
    this.settle();
  }

  /** The body of `AsyncScope.run`. It is not a child. */
  get body(): Execution | undefined {
    return this.bodyOfRun?.body;
  }

  protected serve(child: Child, children: Children): void {
    children.services ??= new Services(this);
    children.services.add(child);
  }

  /** Whether any of its children that is no service is left. */
  get works(): boolean {
    return hasLeft(this.children, false);
  }

  /** Whether any scope nested in it has not closed. */
  protected get nests(): boolean {
    return this.nested?.isEmpty === false;
  }

  /** Whether something holds it that lets it settle when that is over. */
  protected get held(): boolean {
    return this.#holds > 0;
  }

  /** Whether anything is left that closing has to wait for. */
  protected get busy(): boolean {
    return hasLeft(this.children, true) || this.nests || this.#holds > 0;
  }

  /**
   * Whether the code that made it still has to wait for something in it. It waits for services only when it has closed the
   * scope.
   */
  protected get active(): boolean {
    return hasLeft(this.children, this.closing !== undefined) || isNestedActive(this);
  }

  /** Whether its services go on only until the others have ended. */
  get ends(): boolean {
    return this.closing !== undefined || this.cancellation !== undefined;
  }

  /** Whether nothing is left that its services could serve. */
  get unserved(): boolean {
    if (this.works || this.#holds > 0) {
      return false;
    }
    if (this.closing !== undefined) {
      return !this.nests;
    }
    const bodyServed = this.servesMaker || this.body !== undefined;
    return this.cancellation !== undefined && !bodyServed && !isNestedActive(this);
  }
}

/** What a scope owns, as far as it shows whether something goes on there. */
interface Owner {
  readonly children: Children | undefined;
  /** Whether its services go on only as long as others need them. */
  readonly ends: boolean;
  /** The body of `AsyncScope.run`. */
  readonly body: { readonly phase: Phase } | undefined;
  /** What the scopes nested in it own. */
  readonly nested: Iterable<Owner> | undefined;
}

/** Whether a cancel would cut something off, and not find only cleanups. */
export function isRunning({ children, nested, ends }: Owner): boolean {
  return (
    [...(children ?? [])].some(({ state, service }) => state !== 'cleaning up' && !(service && ends)) ||
    [...(nested ?? [])].some((each) => each.body?.phase === 'running' || isRunning(each))
  );
}

/** Whether something in the scopes nested in it is queued, runs or cleans up. */
export function isNestedActive({ nested }: Owner): boolean {
  return nested !== undefined && [...nested].some((each) => isActive(each) || isNestedActive(each));
}

function isActive({ children, ends, body }: Owner): boolean {
  return hasLeft(children, ends) || (body !== undefined && body.phase !== 'ended');
}

/** Whether any of the children is left. Services count only if `all` is true. */
export function hasLeft(children: Children | undefined, all: boolean): boolean {
  return children !== undefined && (all ? children.size : children.working) > 0;
}
