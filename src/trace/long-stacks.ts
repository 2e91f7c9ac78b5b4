import { Subscription } from 'rxjs';

import { isInstance, nameOf, propertyOf, startStackAt } from '../execution/errors.ts';
import { currentExecution } from '../execution/execution.ts';
import type { Enclosed, ScopeMember } from '../execution/scope-member.ts';
import { installStartStacks, type StartStacks, type Started } from '../scope/start-stacks.ts';

/**
 * From here on, the stack of a child's failure also says where the child was started. If that was in another child, it says where
 * that one was started, and so on. After an `await`, a timer or a `yield*` engines do not know this. To unsubscribe ends it.
 *
 * It is meant for the hunt after a bug: it takes a stack at each start, which costs several times what a small child costs.
 * Nothing else costs more. The error stays the same object.
 *
 * @example
 * ```ts
 * import { AsyncScope, sleep, tamed } from 'async-tamer';
 * import { longStackTraces } from 'async-tamer/trace';
 *
 * longStackTraces();
 * const fail = tamed(function* fail() {
 *   yield* sleep(1);
 *   throw new Error('Oh no!');
 * });
 * function main(scope: AsyncScope) { return scope.start(fail()); }
 * const error = await main(new AsyncScope()).catch((failure) => failure);
 * console.log(error.stack.includes('start of fail (#1): main'));
 * // => true
 * ```
 */
export function longStackTraces(): Subscription {
  users++;
  installStartStacks(kept);
  return new Subscription(() => {
    users--;
    if (users === 0) {
      installStartStacks(undefined);
    }
  });
}

let users = 0;

/** The line where a child was started, then the line where the child was started whose code did that. */
interface Origin {
  readonly name: string;
  readonly at: Error;
}

// A longer list would grow without end, if each child starts the next one.
const MOST = 8;

const known = new WeakMap<Enclosed, readonly Origin[]>();

const kept: StartStacks = {
  started(child, entry) {
    const origin = { name: nameOf(child), at: startStackAt(new Error(), entry ?? kept.started) };
    known.set(child, [origin, ...originsOf(currentExecution()?.member)].slice(0, MOST));
  },

  failed(child: Started, error: unknown) {
    if (!isInstance(error, Error)) {
      return;
    }
    for (const { name, at } of known.get(child) ?? []) {
      const lines = framesOf(at, name);
      // A child that passes on the failure of another has it in its stack already.
      const stack = propertyOf(error, 'stack');
      if (lines[0] !== undefined && typeof stack === 'string' && !stack.includes(lines[0])) {
        extend(error, lines);
      }
    }
  },
};

/** The frames of the child whose code this is. */
function originsOf(place: ScopeMember | undefined): readonly Origin[] {
  for (let each: Enclosed | undefined = place; each !== undefined; each = each.outer) {
    const startStacks = known.get(each);
    if (startStacks !== undefined) {
      return startStacks;
    }
  }
  return [];
}

/** The frames from the caller on. The first one says what they are, in the form of a frame, for tools that read stacks. */
function framesOf({ stack = '' }: Error, name: string): string[] {
  // In V8 the stack begins at the caller, below a headline. Elsewhere it begins in this file.
  const lines = 'captureStackTrace' in Error ? stack.split('\n').slice(1) : stack.split('\n').slice(3);
  return lines.map((line, index) => (index === 0 ? line.replace(/^( *at )?/, `$1start of ${name}: `) : line));
}

function extend(error: Error, lines: readonly string[]): void {
  try {
    error.stack = [error.stack, ...lines].join('\n');
  } catch {
    // It is frozen.
  }
}
