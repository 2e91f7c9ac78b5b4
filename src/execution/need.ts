/** One thing that waits or is waited for, in the search for circles of waits. */
export interface Need {
  /**
   * What it cannot go on without; a list, if it needs all of them. Undefined where that is not known, where something else
   * could end the wait as well (an operator, the race of an asynchronous function), or where it waits for something that is not
   * of this library.
   */
  readonly need?: Need | readonly Need[] | undefined;
  /** Its name in messages, if code can wait for it by name. */
  readonly title?: string;
}

/**
 * Looks for a circle: if `goal` waited for `start`, would `goal` have to wait for itself? Returns the names on the way from
 * `start`, each of which waits for the next one; undefined if there is no circle.
 *
 * For most waiters the answer is found after two or three steps, for which nothing is allocated.
 */
export function circle(start: Need, goal: Need): readonly string[] | undefined {
  let at: Need = start;
  // A node that is passed twice shows another circle, which has been reported to no code. Brent's algorithm finds it.
  let passed = start;
  let next = 1;
  for (let steps = 1; at !== goal; steps++) {
    const { need } = at;
    if (need === undefined || need === passed) {
      return undefined;
    }
    if (isList(need)) {
      return search(start, goal);
    }
    at = need;
    if (steps === next) {
      passed = at;
      next *= 2;
    }
  }
  return search(start, goal);
}

interface Way {
  readonly at: Need;
  readonly from: Way | undefined;
}

function search(start: Need, goal: Need): readonly string[] | undefined {
  const seen = new Set<Need>();
  const open: Way[] = [{ at: start, from: undefined }];
  for (let way = open.pop(); way !== undefined; way = open.pop()) {
    const { at } = way;
    if (at === goal) {
      return titlesOn(way);
    }
    if (!seen.has(at)) {
      seen.add(at);
      const { need = [] } = at;
      for (const next of isList(need) ? need : [need]) {
        open.push({ at: next, from: way });
      }
    }
  }
  return undefined;
}

function titlesOn(end: Way): string[] {
  const titles: string[] = [];
  for (let way: Way | undefined = end; way !== undefined; way = way.from) {
    if (way.at.title !== undefined) {
      titles.unshift(way.at.title);
    }
  }
  return titles;
}

function isList(need: Need | readonly Need[]): need is readonly Need[] {
  return Array.isArray(need);
}
