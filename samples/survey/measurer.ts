// Measures the files of a package in this thread, in others, or on other machines. What to watch for: `threads()` and `fleet()`
// return functions that look and behave like those of the module. So the caller need not know where they run.
import { bufferCount, concatAll, concatMap, from, type Observable } from 'rxjs';

import { fleet, fleetState } from 'async-tamer/fleet';
import { threads } from 'async-tamer/threads';

import { handles, measure, type Measures } from './files.ts';
import type * as Work from './work.ts';

/** Emits the measures of each file, one by one. */
export type Measurer = (paths: readonly string[]) => Observable<Measures>;

/** Others who measure. They are to be disposed of. */
export type Helpers = Measurer & AsyncDisposable;

/** Measures in this thread, and reads no more than it must. */
export const measurerHere: Measurer = (paths) => from(paths).pipe(concatMap((path) => measure(path)));

// Beside this file, and what this file is: TypeScript, or what a compiler has made of it.
const module = import.meta.url.replace(/measurer(\.\w+)$/, 'work$1');

/** Measures and hashes in so many threads. */
export function measurerIn(maxThreads: number): Helpers {
  const work = threads<typeof Work>(module, { maxThreads });
  return withEnd(work, (paths) => work.measureAll(paths, handles.cells));
}

/**
 * Measures and hashes on the machines of a fleet, which see the same files; without a connection, in the threads of this one.
 * Fails at once if the server will not do.
 */
export async function measurerOf(connection: string | undefined): Promise<Helpers> {
  const work = fleet<typeof Work>(module, {
    connection,
    sendTimeout: 5000, // A user who types a command wants to know soon that no server is there.
  });
  try {
    await fleetState(work);
  } catch (error) {
    await work[Symbol.asyncDispose]();
    throw error;
  }
  // Some at a time, each with one answer: such a call is made once more if its machine is lost. A stream that has begun fails.
  return withEnd(work, (paths) =>
    from(paths).pipe(
      bufferCount(FILES_AT_A_TIME),
      concatMap((some) => work.measureSome(some)),
      concatAll(),
    ),
  );
}

const FILES_AT_A_TIME = 50;

function withEnd(work: AsyncDisposable, measurer: Measurer): Helpers {
  return Object.assign(measurer, { [Symbol.asyncDispose]: () => work[Symbol.asyncDispose]() });
}
