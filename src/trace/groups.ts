import type { Level } from './areas.ts';
import { laneBars, type Canvas } from './bars.ts';
import { mark } from './marks.ts';
import type { Span } from './span.ts';
import { tellAll } from './tell.ts';
import { plural } from './words.ts';
import { element, title } from './xml.ts';

/** The distance of lanes. */
export const LANE = 8;

/** Children of one name in lanes; `y` is the upper edge of their row. */
export function lanesRow(lanes: readonly (readonly Span[])[], y: number, canvas: Canvas): string {
  const place = (index: number) => ({ y: y + 4 + index * LANE, height: LANE - 2, gap: 0.7 });
  return lanes.map((lane, index) => laneBars(lane, place(index), canvas)).join('');
}

/** The number of children of one name over time, and marks for those that failed or were cancelled. */
export function densityRow(
  { spans, present, running }: { spans: readonly Span[]; present: Level; running: Level },
  y: number,
  height: number,
  canvas: Canvas,
): string {
  const { scale, used } = canvas;
  const [foot, top] = [y + height - 4, height - 18];
  const area = (level: Level): string => `${level.edge(scale, foot, top, present.most)}Z`;
  const parts = [title(`${tellAll(spans)}; up to ${plural(present.most, 'child', 'children')} at once`)];
  if (spans.some(({ cleanedAt }) => cleanedAt !== undefined)) {
    used.add('cleanup');
    const style = 'fill:url(#async-tamer-hatch)';
    parts.push(element('path', { class: 'wash', d: area(present) }));
    parts.push(element('path', { class: 'cleanup', d: area(present), style }));
  }
  used.add('ok');
  parts.push(element('path', { class: 'ok', d: area(running) }));
  return element('g', {}, ...parts) + ends(spans, y + 8, canvas);
}

/** Marks in a line: at most one of a kind every few pixels. It says how many it stands for. */
function ends(spans: readonly Span[], y: number, { scale, used }: Canvas): string {
  const parts: string[] = [];
  for (const [outcome, offset] of [
    ['failed', 0],
    ['cancelled', 6],
  ] as const) {
    const places = new Map<number, number>();
    for (const { end } of spans) {
      if (end?.outcome === outcome) {
        const place = Math.floor(scale.x(end.time) / 12) * 12 + offset;
        places.set(place, (places.get(place) ?? 0) + 1);
        used.add(outcome);
      }
    }
    for (const [x, n] of places) {
      parts.push(
        element('g', {}, title(`${plural(n, 'child', 'children')} ${outcome}`), mark(outcome, x, y, 2.6)),
      );
    }
  }
  return parts.join('');
}

/** The number of them in the queue. */
export function queueRow(queued: Level, y: number, height: number, { scale, used }: Canvas): string {
  used.add('queued');
  const edge = queued.edge(scale, y + height - 4, height - 7);
  return element(
    'g',
    {},
    title(`up to ${plural(queued.most, 'child', 'children')} in the queue`),
    element('path', { class: 'tint', d: `${edge}Z` }),
    element('path', { class: 'queued', d: edge }),
  );
}
