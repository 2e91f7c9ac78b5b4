import { asyncScheduler, Subscription } from 'rxjs';

import { Frames } from './frames.ts';
import { Log } from './log.ts';
import type { Recording } from './recording.ts';
import type { TerminalOptions, TerminalStream, View } from './view.ts';

/** Shows a recording live, until every recorded scope has closed, or the caller unsubscribes. */
export function showLive(
  recording: Recording,
  stream: TerminalStream,
  { interval, colors }: TerminalOptions,
): Subscription {
  const view =
    stream.isTTY === true
      ? new Frames(recording, stream, colors ?? stream.hasColors?.() ?? true)
      : new Log(recording, stream);
  return refresh(recording, view, interval ?? (stream.isTTY === true ? 100 : 1000));
}

/** Draws changes, but not too often. While the program runs anyway, it also updates the times. */
function refresh(recording: Recording, view: View, interval: number): Subscription {
  const subscription = new Subscription(() => view.clear());
  let due: Subscription | undefined;
  let last = -Infinity;
  const draw = (): void => {
    due?.unsubscribe();
    due = undefined;
    last = asyncScheduler.now();
    view.draw();
  };
  const change = (): void => {
    if (!recording.watching) {
      view.end();
      subscription.unsubscribe();
    } else {
      // Never at once: the code that caused the change goes first.
      due ??= asyncScheduler.schedule(draw, Math.max(0, last + interval - asyncScheduler.now()));
    }
  };
  const ticking = setInterval(draw, interval);
  (ticking as { unref?: () => void }).unref?.(); // Node's: it does not keep the program alive.
  subscription.add(() => {
    clearInterval(ticking);
    due?.unsubscribe();
  });
  subscription.add(recording.failed$.subscribe((child) => view.failed(child)));
  subscription.add(
    recording.changed$.subscribe({ next: change, complete: () => subscription.unsubscribe() }),
  );
  if (recording.roots.size > 0) {
    change();
  }
  return subscription;
}
