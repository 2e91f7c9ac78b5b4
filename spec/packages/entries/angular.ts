import { Injector } from '@angular/core';
import { sleep, tamed } from 'async-tamer';
import type * as Adapter from 'async-tamer/angular';

export const outcome = 'pending, cancelled, disconnected';

/** A scope that ends with its injector, cleanup included. */
export async function exercise({ injectAsyncScope, whenScopesClosed }: typeof Adapter): Promise<string> {
  const log: string[] = [];
  const connection = tamed(function* () {
    try {
      yield* sleep(10_000);
    } finally {
      yield* sleep(1);
      log.push('disconnected');
    }
  });

  const injector = Injector.create({ providers: [] });
  const result = injectAsyncScope({ injector }).start(connection());
  log.push(result.status);
  injector.destroy();
  log.push(result.status);
  await whenScopesClosed();
  return log.join(', ');
}
