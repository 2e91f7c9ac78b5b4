import { asyncScheduler } from 'rxjs';

/**
 * While one action of RxJS's scheduler runs, the scheduler holds back the others that fall due. An action that blocks waits for
 * just those. So during a run each action is executed when it is due, except an action that is still running: its timer is an
 * interval until the action returns. Returns a function that puts RxJS's own behaviour back.
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
