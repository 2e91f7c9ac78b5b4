import type { Phase } from '../execution/current-call.ts';

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
