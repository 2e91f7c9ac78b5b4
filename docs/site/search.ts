// What Rspress's search leaves out: several words, wherever they stand in a section, and the guides before the reference. It is
// given the query in the page, and replaces what was found.
import { withBase } from '@rspress/core/runtime';

import { find, type Hit, type Section } from './find.ts';

let loading: Promise<readonly Section[]> | undefined;

function load(): Promise<readonly Section[]> {
  loading ??= fetch(withBase('/search.json')).then((response) => response.json() as Promise<Section[]>);
  return loading;
}

/** Called by Rspress, with what it has found by itself. */
export async function afterSearch(query: string, results: { result: readonly Hit[] }[]): Promise<void> {
  const [result] = results;
  if (result !== undefined) {
    result.result = find(await load(), query);
  }
}
