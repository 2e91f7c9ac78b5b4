import { TestScheduler } from 'rxjs/testing';

import type { ScopeEvent } from '../scope/events.ts';
import { draw, type Row } from './diagram.ts';
import { isEqual } from './equal.ts';
import { Expectation, indented } from './expectations.ts';
import { Letters, type Values } from './letters.ts';
import { capital, titleOf } from './running.ts';
import { MEANINGS, SIGNS, type ScopeMark, type ScopeRecord, type ScopeRow } from './scope-record.ts';
import { show } from './show.ts';

/**
 * A pattern for an event of a scope: each given property is compared.
 *
 * @example
 * ```ts
 * import { sleep } from 'async-tamer';
 * import { runMarbles, type EventPattern } from 'async-tamer/testing';
 *
 * const cancelled: EventPattern = { type: 'cancel', reason: 'enough' };
 * runMarbles(({ scope, expectScope }) => {
 *   const page = scope();
 *   page.start(sleep(10));
 *   page.cancel('enough');
 *   page.close();
 *   expectScope(page).toTell('(sc!|)', { s: { type: 'start', name: 'sleep' }, c: cancelled });
 * });
 * ```
 */
export type EventPattern = ScopeEvent extends infer E
  ? E extends ScopeEvent
    ? Pick<E, 'type'> & Partial<E>
    : never
  : never;

/** A mark of a test's diagram: what a letter in it stands for is another matter. */
interface Written {
  readonly frame: number;
  readonly kind: ScopeMark['kind'];
  readonly letter: string;
}

const KINDS = new Map<string, ScopeMark['kind']>([
  [':', 'queue'],
  ['\uE001', 'start'],
  ['\uE000', 'cancel'],
  ['.', 'cleanup'],
  ['?', 'abandon'],
]);

/** Reads a diagram as RxJS does, with the signs of scopes as values. To be called where {@link TestScheduler.run} is. */
function read(marbles: string): Written[] {
  const plain = marbles.replaceAll('!', '\uE000').replaceAll('^', '\uE001').replaceAll('~', '-');
  return TestScheduler.parseMarbles(plain, undefined, undefined, false, true).map(
    ({ frame, notification }) => {
      if (notification.kind !== 'N') {
        return { frame, kind: notification.kind === 'E' ? 'error' : 'complete', letter: '' };
      }
      const letter = String(notification.value);
      const kind = KINDS.get(letter);
      return kind === undefined ? { frame, kind: 'next', letter } : { frame, kind, letter: '' };
    },
  );
}

/** The expected life of a scope: a row for each child, and one for the scope. */
export class RowsExpectation extends Expectation {
  readonly #record: ScopeRecord;
  readonly #letters: Letters;
  readonly #rows: readonly { readonly label: string; readonly marks: readonly Written[] }[];
  readonly #error: unknown;

  constructor(
    record: ScopeRecord,
    diagram: string,
    values: Values | undefined,
    error: unknown,
    entry: unknown,
  ) {
    super();
    this.#record = record;
    this.#letters = new Letters(values);
    this.#error = error;
    this.#rows = diagram
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .map((line) => {
        const [label = '', marbles = ''] = line.split(/\s+(.*)/s);
        return { label, marks: read(marbles) };
      });
    record.failureExpected ||= this.#rows.at(-1)?.marks.some(({ kind }) => kind === 'error') === true;
    this.said(entry);
  }

  failure(): string[] | undefined {
    const actual = numbered(this.#record.rows);
    const expected = numbered(this.#rows);
    const inOrder = isEqual([...actual.keys()], [...expected.keys()]);
    const alike =
      actual.size === expected.size &&
      [...actual].every(([key, row]) => this.#isLike(row, expected.get(key)?.marks ?? []));
    if (inOrder && alike) {
      return undefined;
    }
    return [
      `${capital(titleOf(this.#record.scope))} does not live as its diagram says (- expected, + actual).`,
      '',
      ...indented(this.#picture(actual, expected)),
      ...indented(['', ...this.#letters.legend(), ...this.#meanings(), ...this.#errors()]),
      ...(alike ? ['', ORDER] : []),
    ];
  }

  #isLike(row: ScopeRow, written: readonly Written[]): boolean {
    return (
      row.marks.length === written.length &&
      row.marks.every((mark, index) => {
        const { frame, kind, letter } = written[index] ?? {};
        return (
          mark.frame === frame &&
          mark.kind === kind &&
          (kind !== 'next' || isEqual(mark.value, this.#letters.valueOf(letter ?? ''))) &&
          // How a scope fails is told by its children.
          (kind !== 'error' || row === this.#record.own || isEqual(mark.error, this.#error))
        );
      })
    );
  }

  #picture(
    actual: ReadonlyMap<string, ScopeRow>,
    expected: ReadonlyMap<string, { readonly label: string; readonly marks: readonly Written[] }>,
  ): string[] {
    const rows: Row[] = [];
    for (const key of new Set([...[...actual.keys()].slice(0, -1), ...expected.keys(), ...actual.keys()])) {
      const [got, wanted] = [actual.get(key), expected.get(key)];
      if (got !== undefined && wanted !== undefined && this.#isLike(got, wanted.marks)) {
        rows.push(rowOf(`  ${wanted.label}`, wanted.marks, ({ letter }) => letter));
        continue;
      }
      if (wanted !== undefined) {
        rows.push(rowOf(`- ${wanted.label}`, wanted.marks, ({ letter }) => letter));
        wanted.marks.forEach(({ kind, letter }) => kind === 'next' && this.#letters.valueOf(letter));
      }
      if (got !== undefined) {
        rows.push(
          rowOf(`+ ${got.label}`, got.marks, ({ value }, index) =>
            this.#letters.letterOf(value, wanted?.marks[index]?.letter),
          ),
        );
      }
    }
    return draw(rows);
  }

  #meanings(): string[] {
    const kinds = [...this.#record.rows, ...this.#rows].flatMap(({ marks }) => marks.map(({ kind }) => kind));
    const signs = [...new Set(kinds)].filter((kind) => kind !== 'next').map((kind) => MEANINGS[kind]);
    return [signs.join('; ')].filter((line) => line !== '');
  }

  #errors(): string[] {
    const marks = this.#record.rows
      .slice(0, -1)
      .flatMap((row) => row.marks.map((mark) => ({ label: row.label, ...mark })));
    return marks
      .filter(({ kind, error }) => kind === 'error' && !isEqual(error, this.#error))
      .map(({ label, error }) => `# of ${label} = ${show(error)}, and ${show(this.#error)} is expected`);
  }
}

const ORDER = 'Its rows stand in another order: the children in the order of their start, then the scope.';

/** Rows by their labels; of those that have the same, the second is the second. */
function numbered<R extends { readonly label: string }>(rows: readonly R[]): Map<string, R> {
  const all = new Map<string, R>();
  for (const row of rows) {
    let number = 1;
    while (all.has(`${row.label} ${number}`)) {
      number++;
    }
    all.set(`${row.label} ${number}`, row);
  }
  return all;
}

function rowOf<M extends { readonly frame: number; readonly kind: ScopeMark['kind'] }>(
  label: string,
  marks: readonly M[],
  letterOf: (mark: M, index: number) => string,
): Row {
  const cleanups = marks.flatMap(({ frame, kind }, index) =>
    kind === 'cleanup' ? [{ from: marks[index - 1]?.frame ?? 0, to: frame }] : [],
  );
  return {
    label,
    marks: marks.map((mark, index) => ({
      frame: mark.frame,
      sign: mark.kind === 'next' ? letterOf(mark, index) : SIGNS[mark.kind],
    })),
    idle: (frame) => (cleanups.some(({ from, to }) => from < frame && frame < to) ? '~' : '-'),
  };
}

/** The events that a scope is expected to report, in one line: each event has a letter. */
export class LineExpectation extends Expectation {
  readonly #record: ScopeRecord;
  readonly #line: readonly Written[];
  readonly #events: ReadonlyMap<string, EventPattern>;

  constructor(
    record: ScopeRecord,
    line: string,
    events: Readonly<Record<string, EventPattern>>,
    entry: unknown,
  ) {
    super();
    this.#record = record;
    this.#line = read(line);
    this.#events = new Map(Object.entries(events));
    record.failureExpected ||= this.#line.some(({ kind }) => kind === 'error');
    const unknown = this.#line.find(({ kind, letter }) => kind === 'next' && !this.#events.has(letter));
    if (unknown !== undefined) {
      throw new TypeError(
        `The letter "${unknown.letter}" stands for no event. Say which: { ${unknown.letter}: { type: 'start', name: '…' } }.`,
      );
    }
    this.said(entry);
  }

  failure(): string[] | undefined {
    const { all, scope } = this.#record;
    if (all.length === this.#line.length && all.every((told, index) => this.#isLike(told, index))) {
      return undefined;
    }
    const letters = new Letters(Object.fromEntries(this.#events));
    this.#line.forEach(({ kind, letter }) => kind === 'next' && letters.valueOf(letter));
    const marks = all.map(({ frame, kind, event }, index) => ({
      frame,
      kind: event === undefined ? kind : 'next',
      letter: event === undefined ? '' : this.#letterOf(event, index, letters),
    }));
    return [
      `${capital(titleOf(scope))} does not tell what is expected.`,
      '',
      ...indented(
        draw([
          rowOf('expected', this.#line, ({ letter }) => letter),
          rowOf('actual', marks, ({ letter }) => letter),
        ]),
      ),
      ...indented(['', ...letters.legend()]),
    ];
  }

  #isLike(told: ScopeRecord['all'][number], index: number): boolean {
    const { frame, kind, letter } = this.#line[index] ?? {};
    const pattern = this.#events.get(letter ?? '');
    if (told.frame !== frame) {
      return false;
    }
    return told.event === undefined ? told.kind === kind : kind === 'next' && isMatch(told.event, pattern);
  }

  #letterOf(event: ScopeEvent, index: number, letters: Letters): string {
    const matching = [...this.#events]
      .filter(([, pattern]) => isMatch(event, pattern))
      .map(([letter]) => letter);
    const likely = this.#line[index]?.letter ?? '';
    const known = matching.includes(likely) ? likely : matching[0];
    return (
      known ??
      letters.letterOf(Object.fromEntries(Object.entries(event).filter(([key]) => key !== 'time')), undefined)
    );
  }
}

function isMatch(event: ScopeEvent, pattern: EventPattern | undefined): boolean {
  const actual: Readonly<Record<string, unknown>> = { ...event };
  return (
    pattern !== undefined &&
    Object.entries(pattern).every(([key, value]) => key in actual && isEqual(actual[key], value))
  );
}
