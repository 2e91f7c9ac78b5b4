import type * as Library from 'async-tamer';

export const outcome =
  'quick: done, cleaned up: quick, cleaned up: slow, within: 2, blocked: 3, refused: true';

/** A scope, a cleanup, an operator, a block that works anywhere and one that works nowhere: after an `await`. */
export async function exercise(library: typeof Library): Promise<string> {
  const { AsyncScope, BlockingError, sleep, tamed, within } = library;
  const log: string[] = [];

  const download = tamed(function* (name: string, ms: number) {
    try {
      yield* sleep(ms);
      return `${name}: done`;
    } finally {
      yield* sleep(1);
      log.push(`cleaned up: ${name}`);
    }
  });
  const first: string = await AsyncScope.run(function* (scope) {
    const [quick] = [scope.start(download('quick', 1)), scope.start(download('slow', 10_000))];
    const value = yield* quick;
    yield* sleep(10);
    scope.cancel();
    return value;
  });

  {
    await using scope = new AsyncScope({ name: 'pipeline', concurrency: 1 });
    const two: number = await scope.start(tamed(() => tamed.from([1, 2]).pipe(within(scope)))());
    log.push(`within: ${two}`);
  }

  const leaf = tamed({ sync: (n: number) => n, async: (n: number) => Promise.resolve(n) });
  log.push(
    `blocked: ${tamed
      .all([leaf(1), leaf(2)])
      .block()
      .reduce((a, b) => a + b)}`,
  );
  try {
    sleepForever().block();
  } catch (error) {
    log.push(`refused: ${error instanceof BlockingError}`);
  }
  return [first, ...log].join(', ');

  function sleepForever(): Library.TamedCall<void> {
    return tamed(async () => sleep(Infinity))();
  }
}
