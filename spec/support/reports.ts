import { config } from 'rxjs';

import { runMarblesAsync } from '../../src/testing/index.ts';

/** What goes to RxJS's `config.onUnhandledError` in a test, until nothing is due: in virtual time, since a report takes a timer. */
export async function reportsOf(test: () => unknown): Promise<unknown[]> {
  const reported: unknown[] = [];
  const { onUnhandledError } = config;
  config.onUnhandledError = (error) => reported.push(error);
  try {
    await runMarblesAsync(test);
  } finally {
    config.onUnhandledError = onUnhandledError;
  }
  return reported;
}
