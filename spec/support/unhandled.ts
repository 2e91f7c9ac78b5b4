import { config } from 'rxjs';

/** What goes to RxJS's `config.onUnhandledError`, in each spec of the suite that calls this. */
export function unhandledErrors(): unknown[] {
  const { onUnhandledError } = config;
  const unhandled: unknown[] = [];

  beforeEach(() => {
    unhandled.length = 0;
    config.onUnhandledError = (error) => unhandled.push(error);
  });

  afterEach(() => {
    config.onUnhandledError = onUnhandledError;
  });

  return unhandled;
}
