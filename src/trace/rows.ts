import { childBar, type Canvas } from './bars.ts';
import { densityRow, LANE, lanesRow, queueRow } from './groups.ts';
import { CELL } from './marks.ts';
import { childrenOf, type Row } from './plan.ts';
import type { ScopeSpan } from './span.ts';
import { tellScopes } from './tell.ts';
import { duration, median } from './words.ts';
import { element, label, number, title } from './xml.ts';

/** The indent of each level. */
const INDENT = 2 * CELL;

export function heightOf(row: Row): number {
  switch (row.kind) {
    case 'scope':
      return 24;
    case 'child':
      return 20;
    case 'lanes':
      return Math.max(36, row.lanes.length * LANE + 6);
    case 'density':
      return 56;
    case 'queue':
      return 24;
  }
}

/** A row: its label, the branches that lead there, the drawing along the axis, and the time that it took. */
export function drawRow(row: Row, y: number, left: number, times: number, canvas: Canvas): string {
  const height = heightOf(row);
  const { scale } = canvas;
  const x = left + row.depth * INDENT;
  const cells = (scale.left - 10 - x) / CELL;
  const tall = row.kind === 'lanes' || row.kind === 'density';
  const line = tall ? y + 15 : y + height / 2 + 4;
  const parts = [branches(row.depth, left, y, height), label(row.label, x, line, lookOf(row), cells)];
  if (tall) {
    parts.push(label(row.note, x, line + 15, 'quiet small', cells * 1.1));
  }
  const time = element('text', { class: 'quiet end', x: scale.right + times, y: line }, timeOf(row, canvas));
  return element('g', {}, ...parts, bars(row, y, height, canvas), time);
}

function bars(row: Row, y: number, height: number, canvas: Canvas): string {
  switch (row.kind) {
    case 'scope':
      return scopeLine(row.scopes, y + height / 2, canvas);
    case 'child':
      return childBar(row.span, y, height, canvas);
    case 'lanes':
      return lanesRow(row.lanes, y, canvas);
    case 'density':
      return densityRow(row, y, height, canvas);
    case 'queue':
      return queueRow(row.queued, y, height, canvas);
  }
}

function lookOf({ kind }: Row): string | undefined {
  if (kind === 'queue') {
    return 'quiet';
  }
  return kind === 'scope' ? 'scope' : undefined;
}

/** A line for each level around it. */
function branches(depth: number, left: number, y: number, height: number): string {
  const lines = Array.from(
    { length: depth },
    (_, index) => `M${number(left + (index + 0.25) * INDENT)} ${number(y)}v${height}`,
  );
  return depth === 0 ? '' : element('path', { class: 'branch', d: lines.join('') });
}

/** From the making of a scope to its close. */
function scopeLine(scopes: readonly ScopeSpan[], y: number, { scale, now }: Canvas): string {
  const [from, to] = extent(scopes, now).map((time) => scale.x(time)) as [number, number];
  const closed = scopes.every(({ closedAt }) => closedAt !== undefined);
  const d = `M${number(from)} ${y - 4}V${y + 4}M${number(from)} ${y}H${number(to)}${closed ? `M${number(to)} ${y - 4}V${y + 4}` : ''}`;
  return element(
    'g',
    {},
    title(tellScopes(scopes, childrenOf(scopes))),
    element('path', { class: 'span', d }),
  );
}

function extent(scopes: readonly ScopeSpan[], now: number): [number, number] {
  const until = scopes.map(({ closedAt }) => closedAt ?? now);
  return [Math.min(...scopes.map(({ from }) => from)), Math.max(...until)];
}

function timeOf(row: Row, { now, used }: Canvas): string {
  switch (row.kind) {
    case 'scope': {
      const [from, to] = extent(row.scopes, now);
      return duration(to - from);
    }
    case 'child':
      return duration(row.span.until(now) - row.span.from);
    case 'queue':
      used.add('median');
      return `~${duration(median(row.spans.map(({ from, startedAt, end }) => (startedAt ?? end?.time ?? now) - from)))}`;
    case 'lanes':
    case 'density': {
      used.add('median');
      const ran = row.spans.filter(({ startedAt }) => startedAt !== undefined);
      return `~${duration(median(ran.map((span) => span.until(now) - (span.startedAt ?? now))))}`;
    }
  }
}
