/** An interval of time; its end is `undefined` if it has none. */
export type Interval = readonly [from: number, to: number] | undefined;

/**
 * Gives intervals lanes, so that nothing in a lane overlaps: as few lanes as possible. Some get none if there are more than
 * `most` lanes.
 */
export function lanesFor<T>(all: readonly T[], interval: (one: T) => Interval, most = Infinity): T[][] {
  const lanes: { until: number; readonly content: T[] }[] = [];
  const inOrder = all
    .flatMap((one) => {
      const [from, to] = interval(one) ?? [undefined, 0];
      return from === undefined ? [] : { one, from, to };
    })
    .sort((one, other) => one.from - other.from);
  for (const { one, from, to } of inOrder) {
    let lane = lanes.find(({ until }) => until <= from);
    if (lane === undefined) {
      if (lanes.length > most) {
        break;
      }
      lane = { until: to, content: [] };
      lanes.push(lane);
    }
    lane.content.push(one);
    lane.until = to;
  }
  return lanes.map(({ content }) => content);
}

/** Groups things by their names, in the order of the first of each. */
export function grouped<T extends { readonly name: string }>(all: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    const group = groups.get(each.name);
    if (group === undefined) {
      groups.set(each.name, [each]);
    } else {
      group.push(each);
    }
  }
  return groups;
}
