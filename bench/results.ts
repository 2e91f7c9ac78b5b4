import type { Case, Question } from './question.ts';
import { figureOf, type Figure } from './statistics.ts';

/** What one question has found; what its JSON file holds. */
export interface Results {
  readonly question: string;
  readonly title: string;
  readonly unit: string;
  readonly base: string;
  readonly rows: readonly Row[];
  /** Cases that were not measured with every size. */
  readonly limits: readonly Limit[];
}

export interface Row extends Figure {
  readonly case: string;
  readonly size: number;
  /** What it was measured on, such as 'Node 24'; of a bundle, how it is compressed. */
  readonly column: string;
  /** Its median by that of the base, with the same size in the same column; undefined if that has none. */
  readonly ratio: number | undefined;
}

export interface Limit {
  readonly case: string;
  readonly most: number;
  readonly why: string;
}

/** What was measured: by case, size and column. */
export interface Measured {
  readonly label: string;
  readonly size: number;
  readonly column: string;
  readonly samples: readonly number[];
}

export function resultsOf(question: Question, measured: readonly Measured[]): Results {
  const { name, title, unit, base, cases } = question;
  const figures = measured.map(({ label, size, column, samples }) => ({
    case: label,
    size,
    column,
    ...figureOf(samples),
  }));
  const rows = figures.map((row) => {
    const other = figures.find(
      (each) => each.case === base && each.size === row.size && each.column === row.column,
    );
    return { ...row, ratio: other && row.median / other.median };
  });
  return { question: name, title, unit, base, rows, limits: Object.entries(cases).flatMap(limitOf) };
}

function limitOf([name, { most, why = '' }]: [string, Case]): Limit[] {
  return most === undefined ? [] : [{ case: name, most, why }];
}

/** The row of a case; undefined if it was not measured so. */
export function rowOf(results: Results, name: string, size: number, column: string): Row | undefined {
  return results.rows.find((row) => row.case === name && row.size === size && row.column === column);
}
