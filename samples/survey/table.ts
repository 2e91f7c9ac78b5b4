// Columns of text. What to watch for: nothing of the library; twenty lines spare a dependency.
import { styleText } from 'node:util';

import { printable } from './printable.ts';

/** The heading of a column, and the side its cells are aligned to. */
export type Column = readonly ['left' | 'right', heading: string];

const MOST_ROWS = 20;
const bold = process.stdout.isTTY && !process.env['NO_COLOR'];

/** A table, or nothing if it would be empty. The heading of the first column is the title. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) {
    return '';
  }
  const headings = columns.map(([, heading]) => heading);
  const shown = rows.slice(0, MOST_ROWS).map((row) => row.map((cell) => printable(cell)));
  const widths = columns.map((_, index) => widest([headings, ...shown].map((row) => row[index] ?? '')));
  const line = (row: readonly string[]): string => row.map(align).join('  ').trimEnd();
  const align = (cell: string, index: number): string => {
    const width = widths[index] ?? 0;
    return columns[index]?.[0] === 'right' ? cell.padStart(width) : cell.padEnd(width);
  };
  const title = bold ? styleText('bold', line(headings)) : line(headings);
  const more = rows.length > MOST_ROWS ? [`… and ${rows.length - MOST_ROWS} more: see --json`] : [];
  return [title, ...shown.map(line), ...more].join('\n') + '\n';
}

function widest(cells: readonly string[]): number {
  return Math.max(...cells.map((cell) => cell.length));
}
