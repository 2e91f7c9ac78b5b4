import type { Phase } from '../execution/current-call.ts';

/** What a scope owns, as far as it tells whether something goes on there. */
interface Owner {
  readonly children: Children | undefined;
  /** Its services go on only as long as others need them. */
  readonly ends: boolean;
  /** The body of `AsyncScope.run`. */
  readonly body: { readonly phase: Phase } | undefined;
  /** What the scopes nested in it own. */
  readonly nested: ReadonlySet<Owner> | undefined;
}

interface Children extends Iterable<{ readonly state: string; readonly service: boolean }> {
  readonly size: number;
  /** How many are no services. */
  readonly working: number;
}

/** Whether a cancel would cut something off, rather than find only cleanups. */
export function isRunning({ children, nested, ends }: Owner): boolean {
  return (
    [...(children ?? [])].some(({ state, service }) => state !== 'cleaning up' && !(service && ends)) ||
    [...(nested ?? [])].some((each) => each.body?.phase === 'running' || isRunning(each))
  );
}

/** Whether something nested in it is queued, runs or cleans up. */
export function isNestedActive({ nested }: Owner): boolean {
  return nested !== undefined && [...nested].some((each) => isActive(each) || isNestedActive(each));
}

function isActive({ children, ends, body }: Owner): boolean {
  return hasLeft(children, ends) || (body !== undefined && body.phase !== 'ended');
}

/** Whether any of them goes on; services, if `all`, too. */
export function hasLeft(children: Children | undefined, all: boolean): boolean {
  return children !== undefined && (all ? children.size : children.working) > 0;
}
