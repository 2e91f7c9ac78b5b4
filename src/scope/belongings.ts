import type { Cancellation } from '../execution/cancellation.ts';
import type { Phase } from '../execution/current-call.ts';
import type { Execution } from '../execution/execution.ts';
import type { Need } from '../execution/need.ts';
import type { ScopeMember } from '../execution/scope-member.ts';
import type { Child } from './child.ts';
import { Children } from './children.ts';
import { NestedScopes } from './nested-scopes.ts';
import { Services } from './services.ts';

/** What a scope can have inside it, as long as it is open. */
interface Nested {
  readonly body: Execution | undefined;
  close(): unknown;
}

/**
 * What a scope owns, and whether any of that goes on. `N`: the scopes nested in it.
 *
 * Invariant: `children` holds exactly those that are queued, running, or cleaning up, in the order of their start; `services`
 * are some of them.
 */
export abstract class Belongings<N extends Belongings<N> & Nested> {
  readonly children = new Children();
  /** None, until the first of them is started. */
  services: Services | undefined;
  readonly nested = new NestedScopes<N>();
  /** The body of `AsyncScope.run`. Not a child. */
  body: Execution | undefined;
  cancellation: Cancellation | undefined;
  /** The call that made it has cancelled it, and goes on until it closes: its `finally` may use the services. */
  protected servesMaker = false;
  #holds = 0; // Cleanups under the body of its run, and a failure on its way: it closes after them.

  /** Its close, once that has begun. */
  abstract readonly closing: object | undefined;
  /** Looks whether there is nothing left to wait for. */
  abstract settle(): void;
  /** What it is nested in. */
  protected abstract get outer(): [N | undefined, ScopeMember | undefined];
  /** Its close waits for children that run; else it cancels them. */
  abstract readonly waits: boolean;
  /** Code inside a call has asked for its close. */
  protected abstract get closeNeeded(): boolean;

  isAwaitedBy(scope: unknown): boolean {
    return this === scope || this.outer.some((each) => each?.isAwaitedBy(scope) === true);
  }

  childOf(scope: unknown): ScopeMember | undefined {
    const [parent, owner] = this.outer;
    return parent?.childOf(scope) ?? owner?.childOf(scope);
  }

  /** Whether code inside a call waits for its close, or for what it is nested in. */
  get needed(): boolean {
    return this.closeNeeded || this.outer.some((each) => each?.needed === true);
  }

  /** What its close waits for, and does not cancel. */
  get need(): readonly Need[] {
    const children = [...this.children].filter(
      ({ service, result }) => !service || result.status !== 'pending',
    );
    const nested = [...this.nested].filter(({ waits, cancellation }) => waits || cancellation !== undefined);
    return [...children, ...nested.flatMap(({ need }) => need)];
  }

  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
    this.settle();
  }

  protected serve(child: Child): void {
    this.services ??= new Services(this);
    this.services.add(child);
  }

  /** How many of its children are no services. */
  get working(): number {
    return this.children.size - (this.services?.size ?? 0);
  }

  /** Whether anything is left that closing has to wait for. */
  protected get busy(): boolean {
    return this.children.size > 0 || this.nested.size > 0 || this.#holds > 0;
  }

  /** Whether something goes on that the code that made it has to wait for: services only when that has closed it. */
  protected get active(): boolean {
    return this.working > 0 || isNestedActive(this) || (this.closing !== undefined && this.children.size > 0);
  }

  /** Whether its services go on only until the others have ended. */
  get ends(): boolean {
    return this.closing !== undefined || this.cancellation !== undefined;
  }

  /** Whether nobody is left whom its services could serve. */
  get unserved(): boolean {
    if (this.working > 0 || this.#holds > 0) {
      return false;
    }
    if (this.closing !== undefined) {
      return this.nested.size === 0;
    }
    const bodyServed = this.servesMaker || this.body !== undefined;
    return this.cancellation !== undefined && !bodyServed && !isNestedActive(this);
  }
}

/** What a scope owns, as far as it tells whether something goes on there. */
interface Owner {
  readonly children: Iterable<{ readonly state: string; readonly service: boolean }>;
  /** How many children are no services. */
  readonly working: number;
  /** Its services go on only as long as others need them. */
  readonly ends: boolean;
  readonly services: { readonly size: number } | undefined;
  /** The body of `AsyncScope.run`. */
  readonly body: { readonly phase: Phase } | undefined;
  /** What the scopes nested in it own. */
  readonly nested: ReadonlySet<Owner>;
}

/** Whether a cancel would cut something off, rather than find only cleanups. */
export function isRunning({ children, nested, ends }: Owner): boolean {
  return (
    [...children].some(({ state, service }) => state !== 'cleaning up' && !(service && ends)) ||
    [...nested].some((each) => each.body?.phase === 'running' || isRunning(each))
  );
}

/** Whether something nested in it is queued, runs or cleans up. */
export function isNestedActive({ nested }: Owner): boolean {
  return nested.size > 0 && [...nested].some((each) => isActive(each) || isNestedActive(each));
}

function isActive({ working, ends, services, body }: Owner): boolean {
  return (
    working > 0 ||
    (ends && services !== undefined && services.size > 0) ||
    (body !== undefined && body.phase !== 'ended')
  );
}
