import type { Scale } from './scale.ts';
import type { Span } from './span.ts';
import { tell } from './tell.ts';
import { CELL, mark, type Mark, type Sign } from './marks.ts';
import { plural } from './words.ts';
import { element, label, number, title } from './xml.ts';

/**
 * The things that a picture is drawn with: the place of each time, the end of the drawing, and the signs that its legend must
 * explain.
 */
export interface Canvas {
  readonly scale: Scale;
  readonly now: number;
  readonly used: Set<Sign>;
}

/** The place of a bar. */
interface Place {
  readonly y: number;
  readonly height: number;
  /** Bars are drawn this much shorter, so that two that follow each other do not look like one. */
  readonly gap?: number;
}

const BAR = 12;

/** One child in a row of its own, whose upper edge is at `y`. */
export function childBar(span: Span, y: number, row: number, canvas: Canvas): string {
  const place = { y: y + (row - BAR) / 2, height: BAR };
  const parts = [queueLine(span, place, canvas), ...bar(span, place, canvas), ...values(span, place, canvas)];
  parts.push(...marks(span, place, canvas, 4.5), reason(span, place, canvas));
  return element('g', {}, title(tell(span, canvas.now)), ...parts);
}

/** Several children, one after the other in one lane. Children that cannot be told apart are one bar. */
export function laneBars(lane: readonly Span[], place: Place, canvas: Canvas): string {
  const bars: string[] = [];
  const above: string[] = []; // Marks are drawn last, so that the bars that follow do not hide them.
  for (const run of crowds(lane, canvas)) {
    const [span] = run;
    if (span !== undefined && run.length === 1) {
      const said = title(tell(span, canvas.now));
      const ends = marks(span, place, canvas, 2.6);
      bars.push(element('g', {}, said, ...bar(span, place, canvas)));
      above.push(ends.length === 0 ? '' : element('g', {}, said, ...ends));
    } else {
      bars.push(crowd(run, place, canvas));
    }
  }
  return [...bars, ...above].join('');
}

/** Groups children that share a pixel: each is so short, and follows so soon. */
function crowds(lane: readonly Span[], { scale, now }: Canvas): Span[][] {
  const runs: Span[][] = [];
  let until = -Infinity;
  for (const span of lane) {
    const [from, to] = [scale.x(span.startedAt ?? span.from), scale.x(span.until(now))];
    const run = runs.at(-1);
    const short = to - from < 1.5 && span.end?.outcome === 'succeeded';
    if (run !== undefined && short && from - until < 1) {
      run.push(span);
      until = to;
    } else {
      runs.push([span]);
      until = short ? to : -Infinity;
    }
  }
  return runs;
}

function crowd(run: readonly Span[], place: Place, canvas: Canvas): string {
  const { scale, now, used } = canvas;
  const [first, last] = [run[0], run.at(-1)];
  used.add('ok');
  const from = scale.x(first?.startedAt ?? 0);
  const to = scale.x(last?.until(now) ?? 0);
  const text = `${plural(run.length, 'child', 'children')}, one after the other, succeeded`;
  return element('g', {}, title(text), rect('ok', from, to, place));
}

/** Its bar while it runs, and its bar while it cleans up. */
function bar(span: Span, place: Place, { scale, now, used }: Canvas): string[] {
  const { startedAt, end, cleanedAt } = span;
  const parts: string[] = [];
  if (startedAt !== undefined) {
    const look = end === undefined || end.outcome === 'succeeded' ? 'ok' : end.outcome;
    used.add(look);
    parts.push(rect(look, scale.x(startedAt), scale.x(end?.time ?? now), place));
  }
  if (end !== undefined && (cleanedAt !== undefined || span.state === 'cleaning up')) {
    used.add('cleanup');
    const [from, to] = [scale.x(end.time), scale.x(cleanedAt ?? now)];
    parts.push(rect('wash', from, to, place), rect('cleanup', from, to, place, 'url(#async-tamer-hatch)'));
  }
  return parts;
}

function queueLine(
  { from, startedAt, end }: Span,
  { y, height }: Place,
  { scale, now, used }: Canvas,
): string {
  const until = startedAt ?? end?.time ?? now;
  if (startedAt === from) {
    return '';
  }
  used.add('queued');
  const [x, middle] = [number(scale.x(from)), number(y + height / 2)];
  return element('path', { class: 'queued', d: `M${x} ${middle}H${number(scale.x(until))}` });
}

function values({ values: { kept } }: Span, { y, height }: Place, { scale, used }: Canvas): string[] {
  if (kept.length < 2) {
    return []; // A call has one value at its end, which needs no mark.
  }
  used.add('value');
  return kept.map((time) =>
    element('circle', { class: 'value', cx: scale.x(time), cy: y + height / 2, r: 2.2 }),
  );
}

/** The mark of its end; or an arrow, if it has none. */
function marks(span: Span, { y, height }: Place, canvas: Canvas, size: number): string[] {
  const { scale, now } = canvas;
  const { end, letGoAt, state } = span;
  const at = (sign: Mark, time: number): string => {
    canvas.used.add(sign);
    return mark(sign, scale.x(time), y + height / 2, size);
  };
  const all = [];
  if (end !== undefined && end.outcome !== 'succeeded') {
    all.push(at(end.outcome, end.time));
  }
  if (letGoAt !== undefined) {
    all.push(at('let go', Math.max(letGoAt, end?.time ?? letGoAt)));
  }
  if (state !== 'ended') {
    all.push(at('open', now));
  }
  return all;
}

/** The reason of its failure, if there is room beside its bar. */
function reason({ end, cleanedAt }: Span, { y, height }: Place, { scale }: Canvas): string {
  const x = scale.x(cleanedAt ?? end?.time ?? 0) + 15;
  const room = Math.floor((scale.right - x) / CELL);
  if (end?.outcome !== 'failed' || room < 10) {
    return '';
  }
  return label(end.why, x, y + height / 2 + 4, 'quiet', room);
}

function rect(look: string, from: number, to: number, { y, height, gap = 0 }: Place, fill?: string): string {
  const width = Math.max(to - from - gap, 1.5);
  const style = fill === undefined ? undefined : `fill:${fill}`;
  return element('rect', { class: look, x: from, y, width, height, rx: Math.min(2, width / 2), style });
}
