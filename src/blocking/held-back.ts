import { asyncScheduler, queueScheduler } from 'rxjs';

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
        const error: unknown = action.execute(action.state, action.delay);
        running.delete(action);
        if (error !== undefined) {
          report(error);
        }
      }
    }
  }
  return ran;
}

// Actions that run here. Their timers are intervals, so an action that blocks in turn falls due again. One that RxJS runs
// does not: everywhere an interval begins anew when its callback has returned.
const running = new Set<unknown>();
