import { AsyncScope, sleep, tamed } from 'async-tamer';
import type * as Tracing from 'async-tamer/trace';

export const outcome = 'a picture with downloads, a trace with downloads';

/** What a scope has done, as a picture and as a trace. */
export async function exercise({ trace }: typeof Tracing): Promise<string> {
  const download = tamed(function* download() {
    yield* sleep(1);
  });
  const scope = new AsyncScope({ name: 'downloads' }); // Those of functions a minifier takes away.
  const recording = trace(scope);
  scope.start(download());
  await scope.close();
  const drawn = [
    ['a picture', recording.svg()],
    ['a trace', JSON.stringify(recording.chrome())],
  ] as const;
  return drawn
    .map(([what, text]) => `${what} with ${text.includes('downloads') ? 'downloads' : 'none'}`)
    .join(', ');
}
