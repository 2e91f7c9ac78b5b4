import type { Phase } from '../execution/current-call.ts';
import type { Need } from '../execution/need.ts';

/** What a scope owns, as far as it tells whether something goes on there. */
interface Owner {
  readonly children: Iterable<{ readonly state: string }> & { readonly size: number };
  /** The body of `AsyncScope.run`. */
  readonly body: { readonly phase: Phase } | undefined;
  /** What the scopes nested in it own. */
  readonly nested: ReadonlySet<Owner>;
}

/** Whether a cancel would cut something off, rather than find only cleanups. */
export function isRunning({ children, nested }: Owner): boolean {
  return (
    [...children].some(({ state }) => state !== 'cleaning up') ||
    [...nested].some((each) => each.body?.phase === 'running' || isRunning(each))
  );
}

/** Whether something nested in it is queued, runs or cleans up. */
export function isNestedActive({ nested }: Owner): boolean {
  return nested.size > 0 && [...nested].some((each) => isActive(each) || isNestedActive(each));
}

function isActive({ children, body }: Owner): boolean {
  return children.size > 0 || (body !== undefined && body.phase !== 'ended');
}

/** What keeps a scope from closing, as far as one can see what that waits for. */
export interface Keeping {
  readonly children: Iterable<Need>;
  readonly nested: Iterable<Keeping & { readonly waits: boolean; readonly cancellation: object | undefined }>;
}

/** What the close of a scope waits for: its children, and those of scopes nested in it, unless that close cancels them. */
export function needsOf({ children, nested }: Keeping): readonly Need[] {
  const inner = [...nested].filter(({ waits, cancellation }) => waits || cancellation !== undefined);
  return [...children, ...inner.flatMap(needsOf)];
}
