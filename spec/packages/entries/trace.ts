import { AsyncScope, sleep, tamed } from 'async-tamer';
import type * as Tracing from 'async-tamer/trace';

export const outcome = 'a picture with a download, a trace with a download';

/** What a scope has done, as a picture and as a trace. */
export async function exercise({ trace }: typeof Tracing): Promise<string> {
  const download = tamed(function* download() {
    yield* sleep(1);
  });
  const scope = new AsyncScope();
  const recording = trace(scope);
  scope.start(download());
  await scope.close();
  const drawn = [
    ['a picture', recording.svg()],
    ['a trace', JSON.stringify(recording.chrome())],
  ] as const;
  return drawn
    .map(([what, text]) => `${what} with ${text.includes('download') ? 'a download' : 'none'}`)
    .join(', ');
}
