import { PassThrough, Readable } from 'node:stream';
import { firstValueFrom, toArray } from 'rxjs';

import { AsyncScope, tamed } from '../../src/index.ts';
import { errorOf } from '../support/outcome.ts';
import { cancelWhileReading, readers } from './stream-readers.ts';

const failure = new Error('Oh no!');

describe('A stream of Node', () => {
  for (const [who, read] of Object.entries(readers)) {
    it(`is destroyed with the scope while ${who} waits for a value`, async () => {
      const stream = new PassThrough({ encoding: 'utf8' });

      const events = await cancelWhileReading(stream, read, () => stream.write('a'));

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
