import { asyncScheduler } from 'rxjs';

/**
 * RxJS's scheduler holds back what falls due while an action of its own is running. An action that blocks waits for just that, so
 * during a run each is executed when it is due; but not one that is still running, whose timer is an interval until it returns.
 * Returns what puts RxJS's own back.
 */
export function runAtOnce(): () => void {
  const running = new Set<unknown>();
  asyncScheduler.flush = (action) => {
    if (running.has(action)) {
      return;
    }
    running.add(action);
    const error: unknown = action.execute(action.state, action.delay);
    running.delete(action);
    if (error !== undefined) {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what the action has thrown, as it is
      throw error;
    }
  };
  return () => Reflect.deleteProperty(asyncScheduler, 'flush');
}
