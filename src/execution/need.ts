/** Whoever waits, or what is waited for, in the search for circles. */
export interface Need {
  /**
   * What it cannot go on without; several, if it needs all of them. Undefined, where that is not known, where anything else could
   * end it (an operator, the race of an asynchronous function), or where it is nothing of this library.
   */
  readonly need?: Need | readonly Need[] | undefined;
  /** How messages call it, if code can wait for it by name. */
  readonly title?: string;
}

/**
 * Whether `goal` could only go on after itself, if it waited for `start`: then the names of what each waits for, from `start` on.
 *
 * Most who wait for a result are told here that there is no circle after two or three steps, for which nothing is allocated.
 */
export function circle(start: Need, goal: Need): readonly string[] | undefined {
  let at: Need = start;
  // One that is passed twice shows that there is another circle, which nobody has been told of: Brent's way to see that.
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
