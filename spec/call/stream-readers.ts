import { AsyncScope, concurrently, type ScopeEvent, tamed } from '../../src/index.ts';
import { macrotask } from '../support/runtime.ts';

/** What reads a stream of strings, each of them 'a'. */
export const readers: Record<string, (stream: AsyncIterable<string>) => PromiseLike<unknown>> = {
  'tamed.from()': (stream) => tamed.from(stream),
  'a function that returns it': (stream) => tamed(() => stream)(),
  'a generator that waits for it': (stream) =>
    tamed(function* () {
      return yield* tamed.from(stream);
    })(),
  'a "for await" over a call of it': (stream) =>
    tamed(async () => {
      for await (const value of tamed.from(stream)) {
        expect(value).toBe('a');
      }
    })(),
  'concurrently()': (stream) => concurrently(stream, (value) => value, { concurrency: 2 }),
};

/** Reads a stream in a scope, and cancels that while a value is awaited, after `send` has sent one. Fulfils when the scope has closed. */
export async function cancelWhileReading<S extends AsyncIterable<string>>(
  stream: S,
  read: (stream: S) => PromiseLike<unknown>,
  send: () => void,
): Promise<readonly ScopeEvent['type'][]> {
  const scope = new AsyncScope();
  const events: ScopeEvent['type'][] = [];
  scope.events$.subscribe(({ type }) => events.push(type));
  scope.start(tamed(() => read(stream))());
  send();
  await macrotask();

  scope.cancel();
  await scope.close();

  return events;
}
