import type { Results, Row } from './results.ts';
import { formatCount, formatRatio } from './table.ts';

const WIDTH = 760;
const LEFT = 250;
const RIGHT = 70;
const BAR = 11;
const GROUP = 14;
const TOP = 62;

/** What a reader's eyes are used to, light or dark. */
const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 15px; font-weight: 600; }
  .note, .tick { fill: #59636e; font-size: 11px; }
  .own { font-weight: 600; }
  .grid { stroke: #d1d9e0; }
  .base { stroke: #59636e; }
  .peer0 { fill: #afb8c1; } .peer1 { fill: #818b98; }
  .own0 { fill: #54aeff; } .own1 { fill: #0969da; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .note, .tick { fill: #9198a1; }
    .grid { stroke: #3d444d; }
    .base { stroke: #9198a1; }
    .peer0 { fill: #656c76; } .peer1 { fill: #9198a1; }
    .own0 { fill: #1f6feb; } .own1 { fill: #79c0ff; }
  }
`;

/**
 * Draws the ratios of one size as bars from the base, to the right for what costs more. The scale is logarithmic, so that twice
 * as much and half as much are as far from it.
 */
export function chartOf(results: Results, size: number, own: (name: string) => boolean): string {
  const rows = results.rows.filter((row) => row.size === size && row.ratio !== undefined);
  const columns = [...new Set(rows.map(({ column }) => column))];
  const names = [...new Set(rows.map((row) => row.case))];
  const scale = scaleOf(rows.map(({ ratio = 1 }) => ratio));
  const step = columns.length * BAR + GROUP;
  const bottom = TOP + names.length * step;
  const groups = names.map((name, index) => {
    const y = TOP + index * step + GROUP / 2;
    const kind = own(name) ? 'own' : 'peer';
    const label = `<text class="${kind}" x="${LEFT - 10}" y="${y + (step - GROUP) / 2 + 4}" text-anchor="end">${escape(name)}</text>`;
    const bars = columns.map((column, nth) => {
      const row = rows.find((each) => each.case === name && each.column === column);
      return row === undefined ? '' : bar(row, scale, y + nth * BAR, `${kind}${shade(nth, columns)}`);
    });
    return [label, ...bars].join('');
  });
  const many = size === 1 ? '' : ` ${formatCount(size)} of them.`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${bottom + 28}" viewBox="0 0 ${WIDTH} ${bottom + 28}" role="img" aria-label="${escape(results.title)}">
<style>${STYLE}</style>
<text class="title" x="12" y="24">${escape(results.title)}</text>
<text class="note" x="12" y="42">${escape(noteOf(results, columns))}${many}</text>
${scale.ticks.map((tick) => gridLine(scale.x(tick), tick, bottom)).join('\n')}
${groups.join('\n')}
</svg>
`;
}

/** The later column, the darker on light ground. */
function shade(nth: number, columns: readonly string[]): number {
  return nth === columns.length - 1 ? 1 : 0;
}

function noteOf({ base, unit }: Results, columns: readonly string[]): string {
  const order = columns.length > 1 ? ` ${columns.join(' above ')}.` : ` ${columns.join('')}.`;
  return `Medians of ${unit.replace(/^(?:µs|ms) ?/, 'the time ').trim()}, as multiples of ${base}; less is better.${order}`;
}

interface Scale {
  readonly x: (ratio: number) => number;
  readonly ticks: readonly number[];
}

function scaleOf(ratios: readonly number[]): Scale {
  const low = Math.min(1, ...ratios);
  const high = Math.max(2, ...ratios);
  const width = (WIDTH - LEFT - RIGHT) / Math.log(high / low);
  const powers = [0.001, 0.01, 0.1, 0.25, 0.5, 1, 2, 4, 10, 100, 1000];
  const ticks = powers.filter((power) => power >= low && power <= high);
  return {
    x: (ratio) => LEFT + Math.log(ratio / low) * width,
    ticks: high / low > 40 ? ticks.filter((tick) => Number.isInteger(Math.log10(tick))) : ticks,
  };
}

function bar({ ratio = 1 }: Row, { x }: Scale, y: number, kind: string): string {
  const [left, right] = [x(Math.min(1, ratio)), x(Math.max(1, ratio))].map((each) => Math.round(each));
  return (
    `<rect class="${kind}" x="${left}" y="${y}" width="${Math.max(2, (right ?? 0) - (left ?? 0))}" height="${BAR - 1}"/>` +
    `<text class="tick" x="${(right ?? 0) + 5}" y="${y + BAR - 2}">${formatRatio(ratio)}</text>`
  );
}

function gridLine(x: number, tick: number, bottom: number): string {
  const at = Math.round(x);
  return (
    `<line class="${tick === 1 ? 'base' : 'grid'}" x1="${at}" y1="${TOP}" x2="${at}" y2="${bottom}"/>` +
    `<text class="tick" x="${at}" y="${bottom + 16}" text-anchor="middle">×${tick}</text>`
  );
}

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
}
