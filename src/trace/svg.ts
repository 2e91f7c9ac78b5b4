import { checkOptions } from '../execution/check-options.ts';
import { oneOf } from '../scope/options.ts';
import { quote, startStackAt } from '../execution/errors.ts';
import type { Canvas } from './bars.ts';
import { CELL, drawLegend } from './marks.ts';
import { plan, type Row } from './plan.ts';
import type { Recording } from './recording.ts';
import { drawRow, heightOf } from './rows.ts';
import { Scale } from './scale.ts';
import { ROOT, styleSheet, type Theme } from './style.ts';
import { summary } from './tell.ts';
import { cells } from './words.ts';
import { element, escape, label, number, title } from './xml.ts';

/**
 * The options of a timeline.
 *
 * @example
 * ```ts
 * import { trace, type SvgOptions } from 'async-tamer/trace';
 *
 * const print: SvgOptions = { theme: 'light', width: 640, title: 'Nothing yet' };
 * console.log(/width="\d+"/.exec(trace().svg(print))?.[0]);
 * // => width="640"
 * ```
 */
export interface SvgOptions {
  /** The width, in px. Default: 960. */
  readonly width?: number | undefined;
  /** How many rows there may be before children of one name share one. Default: 60. */
  readonly rows?: number | undefined;
  /** The title above the picture. Default: the name of the scope. */
  readonly title?: string | undefined;
  /** The colours: those that the reader prefers (`auto`, the default), or always `light` or `dark` ones. */
  readonly theme?: Theme | undefined;
}

const MARGIN = 16;
const HEAD = 78;
/** The column at the right, with the times that things took. */
const TIMES = 72;
const BELOW = 22;

const known = ['width', 'rows', 'title', 'theme'] satisfies readonly (keyof SvgOptions)[];

/** Checks the options. Throws a `TypeError` for a wrong one. */
export function checkSvgOptions(options: SvgOptions, entry: unknown): void {
  checkOptions('svg()', options, known, entry);
  const { width = 1, rows = 1, title = '', theme = 'auto' } = options;
  try {
    atLeastOne('width', width);
    atLeastOne('rows', rows === Infinity ? 1 : rows);
    oneOf('theme', theme, ['auto', 'light', 'dark']);
    if (typeof title !== 'string') {
      throw new TypeError(`The option "title" is a string, but got ${quote(title)}.`);
    }
  } catch (error) {
    throw startStackAt(error as TypeError, entry);
  }
}

function atLeastOne(option: string, value: unknown): void {
  if (typeof value !== 'number' || !(value >= 1 && value < Infinity)) {
    throw new TypeError(`The option "${option}" is a number from 1, but got ${quote(value)}.`);
  }
}

/** Draws a recording as an SVG document. */
export function drawSvg(recording: Recording, options: SvgOptions): string {
  recording.settle();
  const { width = 960, rows: most = 60, theme = 'auto' } = options;
  const now = recording.until;
  const roots = [...recording.roots];
  const rows = plan(roots, now, most);
  const scale = scaleFor(rows, recording, width);
  const drawn = drawRows(rows, { scale, now, used: new Set() }, width);

  const heading = options.title ?? (roots[0]?.name || 'Scope');
  const said = summary(recording);
  const { height } = drawn;
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  return element(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', role: 'img', class: ROOT, ...size },
    title(heading),
    element('desc', {}, escape(said)),
    element('style', {}, styleSheet(theme)),
    HATCH,
    element('rect', { class: 'paper', width, height, rx: 6 }),
    label(heading, MARGIN, 27, 'title', (width - 2 * MARGIN) / 9),
    label(said, MARGIN, 46, 'quiet', (width - 2 * MARGIN) / CELL),
    ...drawn.parts,
  );
}

function drawRows(rows: readonly Row[], canvas: Canvas, width: number): { parts: string[]; height: number } {
  const parts: string[] = [];
  let y = HEAD;
  for (const row of rows) {
    parts.push(drawRow(row, y, MARGIN, TIMES, canvas));
    y += heightOf(row);
  }
  const legend = drawLegend(canvas.used, MARGIN, y + BELOW, width - 2 * MARGIN);
  return {
    parts: [axis(canvas.scale, y), ...parts, legend.drawn],
    height: y + BELOW + legend.height + MARGIN / 2,
  };
}

const HATCH = element(
  'defs',
  {},
  element(
    'pattern',
    {
      id: 'async-tamer-hatch',
      width: 5,
      height: 5,
      patternUnits: 'userSpaceOnUse',
      patternTransform: 'rotate(45)',
    },
    element('path', { class: 'hatch', d: 'M0 0V5' }),
  ),
);

/** The labels get the width that they need, up to a limit. */
function scaleFor(rows: readonly Row[], { from, until }: Recording, width: number): Scale {
  const widths = rows.map(
    (row) => 2 * row.depth + Math.max(cells(row.label), 'note' in row ? cells(row.note) : 0),
  );
  const columns = Math.max(10, ...widths);
  const labels = Math.min(columns * CELL, 0.36 * width);
  const left = MARGIN + labels + 14;
  // A picture that is too narrow for an axis has one all the same, of a pixel.
  return new Scale(left, Math.max(left + 1, width - MARGIN - TIMES), from, until);
}

function axis(scale: Scale, foot: number): string {
  const ticks = scale.ticks(90).map(({ x, label }) => {
    const line = element('path', { class: 'grid', d: `M${number(x)} ${HEAD - 8}V${number(foot)}` });
    // At the right edge there is the column of times.
    const anchor = x > scale.right - 24 ? 'quiet end' : 'quiet middle';
    return line + element('text', { class: anchor, x, y: HEAD - 14 }, label);
  });
  return element('g', {}, ...ticks);
}
