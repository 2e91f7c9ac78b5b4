import { asyncScheduler, queueScheduler } from 'rxjs';

import { captureContext, runIn, type Context } from '../execution/context.ts';

const SCHEDULERS = [asyncScheduler, queueScheduler];

/**
 * RxJS's schedulers are not re-entrant. What falls due while one of their actions runs, they hold back until that action has
 * returned. An action that blocks would wait for that for ever, so what they hold back is run here, in their way.
 */
export function runHeldBack(report: (error: unknown) => void): boolean {
  let ran = false;
  for (const { actions } of SCHEDULERS) {
    for (let action = actions.shift(); action !== undefined; action = actions.shift()) {
      if (!running.has(action)) {
        ran = true;
        running.add(action);
        const error: unknown = runIn(contexts.get(action), execute, action);
        running.delete(action);
        if (error !== undefined) {
          report(error);
        }
      }
    }
  }
  return ran;
}

type Action = (typeof asyncScheduler.actions)[number];

function execute(this: Action): unknown {
  return this.execute(this.state, this.delay);
}

// Actions that run here. Their timers are intervals, so an action that blocks in turn falls due again. One that RxJS runs
// does not: everywhere an interval begins anew when its callback has returned.
const running = new Set<unknown>();

// The context in which an action was held back: that of its timer, or of the code that scheduled it.
const contexts = new WeakMap<object, Context>();
let keeping = 0;

/** Runs `block`, which blocks. Meanwhile the context of each action that is held back is kept for {@link runHeldBack}. */
export function keepingContexts<R>(block: () => R): R {
  if (keeping++ === 0) {
    SCHEDULERS.forEach(({ actions }) => {
      actions.push = (...held) => {
        held.forEach((action) => keep(action));
        return Array.prototype.push.apply(actions, held);
      };
    });
  }
  try {
    return block();
  } finally {
    if (--keeping === 0) {
      SCHEDULERS.forEach(({ actions }) => Reflect.deleteProperty(actions, 'push'));
    }
  }
}

function keep(action: object): void {
  const context = captureContext();
  if (context !== undefined) {
    contexts.set(action, context);
  }
}
