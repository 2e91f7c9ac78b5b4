import { currentExecution } from '../execution/execution.ts';
import { childOf } from './child.ts';
import type { Lifetime } from './lifetime.ts';

/** Announces `scope` to the observers of the scope it was made in: its parent, or the scope of the code that made it. */
export function announce(scope: object, parent: Lifetime | undefined): void {
  if (parent === undefined) {
    currentExecution()?.member?.nests(scope);
    return;
  }
  if (parent.broadcast !== undefined) {
    const child = childOf(parent, currentExecution()?.member);
    if (child === undefined) {
      parent.broadcast.nests(scope, 0);
    } else {
      child.nests(scope);
    }
  }
}
