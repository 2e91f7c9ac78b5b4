import { firstValueFrom, take, toArray } from 'rxjs';

import { AsyncScope, tamed } from '../../src/index.ts';
import { errorOf } from '../support/outcome.ts';
import { macrotask } from '../support/runtime.ts';
import { cancelWhileReading, readers } from './stream-readers.ts';

const failure = new Error('Oh no!');

/** A stream to which values are sent by hand, and which writes down why it was cancelled. */
class Source {
  readonly log: unknown[] = [];
  controller!: ReadableStreamDefaultController<string>;
  readonly stream = new ReadableStream<string>({
    start: (controller) => {
      this.controller = controller;
    },
    cancel: async () => {
      await macrotask();
      this.log.push('cancelled');
    },
  });
}

describe('A stream of the web platform', () => {
  for (const [who, read] of Object.entries(readers)) {
    it(`is cancelled with the scope while ${who} waits for a value, and the close waits for that`, async () => {
      const { stream, controller, log } = new Source();

      const events = await cancelWhileReading(stream, read, () => controller.enqueue('a'));

      expect(log).toEqual(['cancelled']);
      expect(stream.locked).toBeFalse();
      expect(events).not.toContain('abandon');
    });
  }

  it('emits its values, and is free for others after its end', async () => {
    const { stream, controller, log } = new Source();
    const values = firstValueFrom(tamed.from(stream).pipe(toArray()));

    for (const value of ['a', 'b', 'c']) {
      controller.enqueue(value);
    }
    controller.close();

    expect(await values).toEqual(['a', 'b', 'c']);
    expect([stream.locked, log]).toEqual([false, []]);
  });

  it('is cancelled by a reader that has enough', async () => {
    const { stream, controller, log } = new Source();
    controller.enqueue('a');

    expect(await firstValueFrom(tamed.from(stream).pipe(take(1)))).toBe('a');
    await macrotask();
    await macrotask();

    expect([stream.locked, log]).toEqual([false, ['cancelled']]);
  });

  it('fails with its error, and is free for others', async () => {
    const { stream, controller } = new Source();
    const scope = new AsyncScope();
    const result = scope.start(stream);

    controller.error(failure);

    expect(await errorOf(result)).toBe(failure);
    expect(stream.locked).toBeFalse();
    await scope.close();
  });

  it('tells the error of its cancel where the scope closes', async () => {
    const stream = new ReadableStream({ cancel: () => Promise.reject(failure) });
    const scope = new AsyncScope();
    scope.start(stream);
    await macrotask();

    scope.cancel();

    expect((await errorOf(scope.close())) as AggregateError).toEqual(
      jasmine.objectContaining({ errors: [failure] }),
    );
  });

  it('that somebody else reads is refused with the error of the platform', async () => {
    const { stream } = new Source();
    stream.getReader();

    expect(await errorOf(tamed.from(stream))).toBeInstanceOf(TypeError);
  });

  it('needs not be iterable by itself, as in some browsers', async () => {
    const { stream, controller, log } = new Source();
    const old = {
      getReader: () => stream.getReader(),
      cancel: () => stream.cancel(),
    } as never as typeof stream;
    const scope = new AsyncScope();
    const result = scope.start(tamed.from(old));
    controller.enqueue('a');
    await macrotask();

    expect(await firstValueFrom(result)).toBe('a');
    scope.cancel();
    await scope.close();
    expect(log).toEqual(['cancelled']);
  });
});
