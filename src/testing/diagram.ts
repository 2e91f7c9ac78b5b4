/** One sign of a diagram, and the frame that it stands at. */
export interface Mark {
  readonly frame: number;
  readonly sign: string;
}

/** A line of a picture: what is before it, and what is drawn in it. */
export interface Row {
  readonly label: string;
  readonly marks: readonly Mark[];
  /** How it is drawn at a frame at which nothing happens: '-' by default. */
  readonly idle?: ((frame: number) => string) | undefined;
}

/**
 * Draws rows as marble diagrams, one below the other, so that one column is one frame in all of them. Where nothing happens
 * in any row for long, all say so in the same place: ` 95ms `. Each can be copied into a test.
 *
 * What cannot be drawn so is written as a table: marbles of a frame within those that the group before it takes.
 */
export function draw(rows: readonly Row[]): string[] {
  const cells = rows.map(({ marks }) => cellsOf(marks));
  if (!cells.every(isDrawable)) {
    return table(rows);
  }
  const width = Math.max(0, ...rows.map(({ label }) => label.length));
  const all = stretches(cells);
  return rows.map(({ label, idle }, index) => {
    const row = cells[index] ?? [];
    const parts = all.map(({ from, to, busy }) =>
      busy ? stretch(row, from, to, idle) : pause(row, from, to),
    );
    return `${label.padEnd(width)}  ${parts.join('')}`.trimEnd();
  });
}

interface Cell {
  readonly frame: number;
  readonly text: string;
}

/** What stands at each frame: one sign, or a group. */
function cellsOf(marks: readonly Mark[]): Cell[] {
  const signs = new Map<number, string>();
  for (const { frame, sign } of marks) {
    signs.set(frame, (signs.get(frame) ?? '') + sign);
  }
  return [...signs]
    .map(([frame, all]) => ({ frame, text: Array.from(all).length === 1 ? all : `(${all})` }))
    .sort((one, other) => one.frame - other.frame);
}

/** A group takes as many frames as it has signs. */
function endOf({ frame, text }: Cell): number {
  return frame + Array.from(text).length;
}

function isDrawable(row: readonly Cell[]): boolean {
  return row.every((cell, index) => {
    const before = row[index - 1];
    return Number.isInteger(cell.frame) && cell.frame >= (before === undefined ? 0 : endOf(before));
  });
}

/** Frames `from` to `to`, that one not included; not busy if nothing happens in them, for long enough to say so in short. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly busy: boolean;
}

const LONG = 15;

function stretches(rows: readonly (readonly Cell[])[]): Stretch[] {
  const all: Stretch[] = [];
  let from = 0;
  let end = 0;
  for (const cell of rows.flat().sort((one, other) => one.frame - other.frame)) {
    if (cell.frame - end >= LONG) {
      all.push({ from, to: end, busy: true }, { from: end, to: cell.frame, busy: false });
      from = cell.frame;
    }
    end = Math.max(end, endOf(cell));
  }
  return [...all, { from, to: end, busy: true }];
}

function stretch(row: readonly Cell[], from: number, to: number, idle: Row['idle'] = () => '-'): string {
  const last = row.at(-1)?.frame ?? -1; // After its last sign a row says nothing more.
  const texts = new Map(row.map(({ frame, text }) => [frame, text]));
  let line = '';
  for (let frame = from; frame < to;) {
    const text = texts.get(frame) ?? (frame < last ? idle(frame) : ' ');
    line += text;
    frame += Array.from(text).length;
  }
  return line;
}

function pause(row: readonly Cell[], from: number, to: number): string {
  const last = row.at(-1);
  const text = ` ${duration(to - from)} `;
  return last !== undefined && last.frame >= to ? text : ' '.repeat(text.length);
}

/** A time as marble diagrams write it. */
export function duration(ms: number): string {
  for (const [unit, length] of UNITS) {
    if (ms >= length && ms % length === 0) {
      return `${ms / length}${unit}`;
    }
  }
  return `${ms}ms`;
}

const UNITS = [
  ['m', 60_000],
  ['s', 1000],
] as const;

/** A line for each frame at which something happens, a column for each row. */
function table(rows: readonly Row[]): string[] {
  const frames = new Set(rows.flatMap(({ marks }) => marks.map(({ frame }) => frame)));
  const lines = [...frames]
    .sort((one, other) => one - other)
    .map((at) => [
      `${at}ms`,
      ...rows.map(({ marks }) =>
        marks
          .filter(({ frame }) => frame === at)
          .map(({ sign }) => sign)
          .join(''),
      ),
    ]);
  const cells = [['at', ...rows.map(({ label }) => label)], ...lines];
  const widths =
    cells[0]?.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0))) ?? [];
  return cells.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
