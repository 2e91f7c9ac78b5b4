// How far the survey is: a bar in a terminal, a few lines elsewhere, always on stderr, so that stdout holds the result alone.
import { SingleBar } from 'cli-progress';

import { printable } from './printable.ts';

/** A receiver of the progress. */
export interface Progress {
  start(total: number): void;
  /** One more is done. */
  advance(name: string): void;
  /** Leaves the terminal as it was; also when things were cut short, or never began. */
  stop(): void;
}

/** What suits the stream. */
export function progressOn(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? bar(stream) : lines(stream);
}

function bar(stream: NodeJS.WriteStream): Progress {
  const single = new SingleBar({
    stream,
    format: '{bar} {value} of {total} packages  {name}',
    barCompleteChar: '━',
    barIncompleteChar: '─',
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false, // The survey stops it when it is cancelled, so it needs no signal handlers of its own.
  });
  return {
    start: (total) => single.start(total, 0, { name: '' }),
    advance: (name) => single.increment({ name: printable(name) }),
    stop: () => single.stop(),
  };
}

/** A line for every tenth. */
function lines(stream: NodeJS.WriteStream): Progress {
  let total = 0;
  let done = 0;
  const tenths = (): number => Math.floor((done * 10) / total);
  return {
    start: (count) => {
      total = count;
    },
    advance: () => {
      const before = tenths();
      done += 1;
      if (tenths() > before) {
        stream.write(`${done} of ${total} packages\n`);
      }
    },
    stop: () => {},
  };
}
