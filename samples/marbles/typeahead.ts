// A search box that asks while one types. Watch for: an outdated search is cancelled, and the page waits for its cleanup.
import { debounceTime, distinctUntilChanged, switchMap, type Observable } from 'rxjs';
import { tamed, type TamedCall } from 'async-tamer';

/** What to show for what was typed, 20 ms after the last key. */
export const typeahead = tamed(function typeahead(
  typed$: Observable<string>,
  search: (text: string) => TamedCall<string>,
): Observable<string> {
  return typed$.pipe(debounceTime(20), distinctUntilChanged(), switchMap(search));
});
