// The work that runs in threads or on the machines of a fleet, if there are any. What to watch for: nothing here speaks of either,
// and nothing is registered. It is an ordinary module. A cancel closes the file that it reads, wherever the cancel comes from.
import { concatMap, from, toArray, type Observable } from 'rxjs';

import { handles, measure, type Measures } from './files.ts';

/** Measures files one after the other, and counts in `cells` those that it opens and closes. */
export function measureAll(
  paths: readonly string[],
  cells: Int32Array<SharedArrayBuffer>,
): Observable<Measures> {
  handles.cells = cells;
  return from(paths).pipe(concatMap((path) => measure(path, true)));
}

/** Measures some files, for a caller on perhaps another machine, which shares no memory with this one. */
export function measureSome(paths: readonly string[]): Observable<Measures[]> {
  return from(paths).pipe(
    concatMap((path) => measure(path, true)),
    toArray(),
  );
}
