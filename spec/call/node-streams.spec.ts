import { PassThrough, Readable } from 'node:stream';
import { firstValueFrom, toArray } from 'rxjs';

import { AsyncScope, concurrently, type ScopeEvent, tamed } from '../../src/index.ts';
import { errorOf } from '../support/outcome.ts';
import { macrotask } from '../support/runtime.ts';

const failure = new Error('Oh no!');

/** What reads a stream in a scope. */
const readers: Record<string, (stream: AsyncIterable<string>) => PromiseLike<unknown>> = {
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

describe('A stream of Node', () => {
  for (const [who, read] of Object.entries(readers)) {
    it(`is destroyed with the scope while ${who} waits for a value`, async () => {
      const stream = new PassThrough({ encoding: 'utf8' });
      const scope = new AsyncScope();
      const events: ScopeEvent['type'][] = [];
      scope.events$.subscribe(({ type }) => events.push(type));
      scope.start(tamed(() => read(stream))());
      stream.write('a');
      await macrotask();

      scope.cancel();
      await scope.close();

      expect(stream.destroyed).toBeTrue();
      expect(events).not.toContain('abandon');
    });
  }

  it('emits its values, and fails with its error', async () => {
    const stream = new PassThrough();
    const scope = new AsyncScope();
    const result = scope.start(stream);

    stream.destroy(failure);

    expect(await errorOf(result)).toBe(failure);
    expect(await firstValueFrom(tamed.from(Readable.from(['a', 'b'])).pipe(toArray()))).toEqual(['a', 'b']);
    await scope.close();
  });
});
