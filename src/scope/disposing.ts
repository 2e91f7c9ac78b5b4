import { BlockingError, startStackAt } from '../execution/errors.ts';
import { currentExecution } from '../execution/execution.ts';
import { isDelivered, type DelayedResult } from '../result/result.ts';

/** A scope, as `using` sees it. */
interface Closable {
  close(): DelayedResult<void>;
  cancel(reason: unknown): void;
}

/**
 * Closes the scope by blocking, and throws the error of the close. Where blocking is impossible, it cancels the scope, and
 * throws a `BlockingError` at the caller of `entry`.
 */
export function dispose(scope: Closable, title: string, entry: unknown): void {
  const result = scope.close();
  if (result.status === 'failed' && isDelivered(result)) {
    return;
  }
  try {
    result.block();
  } catch (error) {
    if (!(error instanceof BlockingError) || result.status !== 'pending') {
      throw error;
    }
    scope.cancel(error);
    const advice = currentExecution()?.drivesSteps === true ? IN_GENERATOR : USING;
    const message = `${title} cannot be closed by "using", so it is cancelled. ${advice} ${error.message}`;
    throw startStackAt(new BlockingError(message, { cause: error }), entry);
  }
}

/** Closes the scope. Rejects with the error of the close, unless that has reached a caller before. */
export function disposeAsync(scope: Closable): Promise<void> {
  const result = scope.close();
  if (result.status === 'failed' && isDelivered(result)) {
    return Promise.resolve();
  }
  return result.then(() => undefined);
}

const IN_GENERATOR = 'Use AsyncScope.run(), or leave it open: it is closed when the generator ends.';
const USING = 'Use "await using", or AsyncScope.run().';
