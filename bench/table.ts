import type { Results, Row } from './results.ts';

/** Lines of text in columns; the first column to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  }
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join('  ')
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join('');
}

/** A question's answer: a block for each size; for each column the median, the spread, and the ratio to the base. */
export function tableOf({ title, unit, base, rows, limits }: Results): string {
  if (rows.length === 0) {
    return `${title}: not measured\n`;
  }
  const columns = [...new Set(rows.map(({ column }) => column))];
  const sizes = [...new Set(rows.map(({ size }) => size))];
  const blocks = sizes.map((size) => {
    const head = [
      sizes.length > 1 ? formatCount(size) : '',
      ...columns.flatMap((column) => [column, 'min..max', 'ratio']),
    ];
    const names = [...new Set(rows.filter((row) => row.size === size).map((row) => row.case))];
    const body = names.map((name) => [
      name === base ? `${name} = 1` : name,
      ...columns.flatMap((column) =>
        cellsOf(rows.find((row) => row.case === name && row.size === size && row.column === column)),
      ),
    ]);
    return table([head, ...body]);
  });
  const notes = limits
    .filter(({ most }) => sizes.some((size) => size > most))
    .map(({ case: name, most, why }) => `${name}: up to ${formatCount(most)}, since it ${why}.\n`);
  return `${title}: ${unit}, medians\n\n${blocks.join('\n')}${notes.join('')}`;
}

function cellsOf(row: Row | undefined): string[] {
  return row === undefined
    ? ['–', '', '']
    : [
        format(row.median),
        row.samples > 1 ? `${format(row.min)}..${format(row.max)}` : '',
        formatRatio(row.ratio),
      ];
}

/** With three digits. */
export function format(value: number): string {
  if (value === 0 || Math.abs(value) >= 100) {
    return String(Math.round(value));
  }
  return Number(value.toPrecision(3)).toString();
}

export function formatRatio(ratio: number | undefined): string {
  if (ratio === undefined) {
    return '';
  }
  return `×${ratio >= 100 ? Math.round(ratio) : ratio.toFixed(ratio < 0.095 ? 3 : 2)}`;
}

/** 1 000 000: groups that do not break. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, '\u00a0');
}
