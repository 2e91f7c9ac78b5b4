import type { Interval } from './lanes.ts';
import type { Scale } from './scale.ts';
import type { Span } from './span.ts';
import { number } from './xml.ts';

/** The times that count for an area: the child runs or cleans up; is there at all; or waits in the queue. */
export const PERIODS = {
  running: ({ startedAt, end }: Span, now: number): Interval =>
    startedAt === undefined ? undefined : [startedAt, end?.time ?? now],
  present: (span: Span, now: number): Interval =>
    span.startedAt === undefined ? undefined : [span.startedAt, span.until(now)],
  'cleaning up': (span: Span, now: number): Interval => {
    const { end } = span;
    return end === undefined || span.until(now) === end.time ? undefined : [end.time, span.until(now)];
  },
  queued: ({ from, startedAt, end }: Span, now: number): Interval =>
    startedAt === from ? undefined : [from, startedAt ?? end?.time ?? now],
};

/** How many children are in a period at once, as that changes with time. */
export class Level {
  readonly most: number;
  readonly #changes: readonly Change[];

  constructor(spans: readonly Span[], period: keyof typeof PERIODS, now: number) {
    this.#changes = changesOf(spans.map((span) => PERIODS[period](span, now)));
    let current = 0;
    let most = 0;
    for (const [, by] of this.#changes) {
      current += by;
      most = Math.max(most, current);
    }
    this.most = most;
  }

  /**
   * The upper edge of an area, from left to right: at `foot` where there are no children, `height` px above it where there are
   * `most`.
   */
  edge(scale: Scale, foot: number, height: number, most = this.most): string {
    const steps = this.#steps(scale);
    const path = steps.map(({ x, n }) => `H${x}V${number(foot - (height * n) / Math.max(most, 1))}`);
    return `M${steps[0]?.x ?? 0} ${number(foot)}${path.join('')}`;
  }

  /** The highest number in each pixel. */
  #steps(scale: Scale): { readonly x: number; readonly n: number }[] {
    const steps: { x: number; n: number }[] = [];
    let current = 0;
    for (const [time, by] of this.#changes) {
      const x = Math.floor(scale.x(time));
      const last = steps.at(-1);
      const before = current;
      current += by;
      if (last?.x === x) {
        last.n = Math.max(last.n, current);
        continue;
      }
      if (last !== undefined && last.x + 1 < x && last.n !== before) {
        steps.push({ x: last.x + 1, n: before });
      }
      steps.push({ x, n: Math.max(before, current) });
    }
    return [...steps, { x: (steps.at(-1)?.x ?? 0) + 1, n: 0 }];
  }
}

export type Change = readonly [time: number, by: 1 | -1];

/** The changes of a number, in the order of time: a child that ends makes room for one that begins at the same time. */
export function changesOf(intervals: readonly Interval[]): Change[] {
  const changes = intervals.flatMap((interval): Change[] => {
    const [from, to] = interval ?? [0, 0];
    // An instant counts as an interval, too.
    return interval === undefined
      ? []
      : [
          [from, 1],
          [Math.max(to, from + 1e-3), -1],
        ];
  });
  return changes.sort(([one, up], [other, down]) => one - other || up - down);
}
