/** A box: a state, by the name that it has in the source. */
export interface State {
  readonly name: string;
  /** Its place on a grid, from 0; halves are between. */
  readonly at: readonly [column: number, row: number];
  /** Where a life begins, or where nothing leads away. */
  readonly is?: 'first' | 'last';
}

/** An arrow from one state to another, and what makes a life take it. */
export interface Transition {
  readonly from: string;
  readonly to: string;
  readonly on: string;
  /** How far it swerves to the left of its way, in px; to the right, if negative. */
  readonly bend?: number;
}

export interface Diagram {
  readonly title: string;
  readonly states: readonly State[];
  readonly transitions: readonly Transition[];
}

const CELL = { width: 160, height: 104 };
const BOX = { width: 120, height: 38 };
const LINE = { width: 6.6, height: 16 };
const MARGIN = 16;

type Point = readonly [x: number, y: number];

/** What is in the picture: around a point. */
interface Area {
  readonly place: Point;
  readonly width: number;
  readonly height: number;
}

interface Arrow {
  readonly path: string;
  readonly label: string;
  readonly area: Area;
}

/** Draws it as an SVG document with light and dark colours, by what its reader prefers. */
export function draw({ title, states, transitions }: Diagram): string {
  const places = new Map(states.map((state) => [state.name, centerOf(state)]));
  const arrows = transitions.map((each) => arrowOf(each, placeOf(each.from), placeOf(each.to)));
  const boxes = [...places.values()].map((place): Area => ({ place, ...BOX }));
  const [left, top, right, bottom] = around([...boxes, ...arrows.map(({ area }) => area)]);
  const [width, height] = [right - left, bottom - top];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${left} ${top} ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${title}</title>
<style>${STYLE}</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>
<rect class="paper" x="${left}" y="${top}" width="${width}" height="${height}" rx="8"/>
${arrows.map(({ path }) => path).join('\n')}
${states.map(boxOf).join('\n')}
${arrows.map(({ label }) => label).join('\n')}
</svg>
`;

  function placeOf(name: string): Point {
    const place = places.get(name);
    if (place === undefined) {
      throw new Error(`"${title}" has no state "${name}".`);
    }
    return place;
  }
}

function centerOf({ at: [column, row] }: State): Point {
  return [column * CELL.width, row * CELL.height];
}

function boxOf(state: State): string {
  const [x, y] = centerOf(state);
  const { width, height } = BOX;
  const radius = state.is === 'last' ? 6 : height / 2;
  return `<rect class="box ${state.is ?? ''}" x="${x - width / 2}" y="${y - height / 2}" width="${width}" height="${height}" rx="${radius}"/>
<text class="name" x="${x}" y="${y + 5}">${state.name}</text>`;
}

function arrowOf({ on, bend = 0 }: Transition, from: Point, to: Point): Arrow {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  // Swerves by its middle; a quadratic curve comes half as near to that point.
  const middle: Point = [
    (from[0] + to[0]) / 2 + (dy / length) * bend,
    (from[1] + to[1]) / 2 - (dx / length) * bend,
  ];
  const pull: Point = [2 * middle[0] - (from[0] + to[0]) / 2, 2 * middle[1] - (from[1] + to[1]) / 2];
  const begin = edgeOf(from, pull);
  const end = edgeOf(to, pull);
  const lines = on.split('\n');
  const height = lines.length * LINE.height;
  const top = middle[1] + 4 - (height - LINE.height) / 2;
  const spans = lines.map(
    (line, index) => `<tspan x="${round(middle[0])}" y="${round(top + index * LINE.height)}">${line}</tspan>`,
  );
  return {
    path: `<path class="arrow" d="M${point(begin)} Q${point(pull)} ${point(end)}" marker-end="url(#head)"/>`,
    label: `<text class="label">${spans.join('')}</text>`,
    area: { place: middle, width: Math.max(...lines.map(({ length: n }) => n)) * LINE.width, height },
  };
}

/** Where the way from the middle of a box to `target` leaves the box. */
function edgeOf([x, y]: Point, [tx, ty]: Point): Point {
  const [dx, dy] = [tx - x, ty - y];
  const gap = 3;
  const scale = Math.min(
    dx === 0 ? Infinity : (BOX.width / 2 + gap) / Math.abs(dx),
    dy === 0 ? Infinity : (BOX.height / 2 + gap) / Math.abs(dy),
  );
  return [x + dx * scale, y + dy * scale];
}

/** Left, top, right and bottom of all of it, with a margin. */
function around(areas: readonly Area[]): [number, number, number, number] {
  const edge = (pick: (area: Area) => number): number[] => areas.map(pick);
  return [
    Math.floor(Math.min(...edge(({ place, width }) => place[0] - width / 2)) - MARGIN),
    Math.floor(Math.min(...edge(({ place, height }) => place[1] - height / 2)) - MARGIN),
    Math.ceil(Math.max(...edge(({ place, width }) => place[0] + width / 2)) + MARGIN),
    Math.ceil(Math.max(...edge(({ place, height }) => place[1] + height / 2)) + MARGIN),
  ];
}

function point([x, y]: Point): string {
  return `${round(x)} ${round(y)}`;
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}

const STYLE = `
:root{--ink:#1f2328;--quiet:#59636e;--line:#818b98;--paper:#ffffff;--first:#ddf4ff;--last:#eaeef2}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--quiet:#9aa4af;--line:#6e7681;--paper:#0d1117;--first:#0c2d4a;--last:#262c36}}
text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;text-anchor:middle;fill:var(--ink)}
.name{font-weight:600}
.label{font-size:12px;fill:var(--quiet);paint-order:stroke;stroke:var(--paper);stroke-width:8px;stroke-linejoin:round}
.paper{fill:var(--paper)}
.box{fill:var(--paper);stroke:var(--line);stroke-width:1.5}
.first{fill:var(--first)}
.last{fill:var(--last)}
.arrow{fill:none;stroke:var(--line);stroke-width:1.5}
.head{fill:var(--line)}
`;
