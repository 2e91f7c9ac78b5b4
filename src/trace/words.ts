import { wordsOf } from '../execution/errors.ts';

/** A time in ms as people write it. */
export function duration(ms: number): string {
  const [unit, length] = UNITS.find(([, each]) => Math.abs(ms) >= each) ?? ['ms', 1];
  const amount = ms / length;
  const digits = Number.isInteger(amount) || Math.abs(amount) >= 100 ? 0 : 1;
  return `${Number(amount.toFixed(digits))} ${unit}`;
}

const UNITS: readonly (readonly [string, number])[] = [
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

/** A time in ms as minutes and seconds, with hours in front if there are any. */
export function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = String(seconds % 60).padStart(2, '0');
  return hours === 0 ? `${minutes}:${rest} min` : `${hours}:${String(minutes).padStart(2, '0')}:${rest} h`;
}

/** A whole number, with its thousands set apart. */
export function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** "1 child", "2 children". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** A text without control characters, which a terminal would obey. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\ufffd');
}

/** A failure or a reason in one short line; '' for none. */
export function wordsFor(reason: unknown): string {
  if (reason === undefined) {
    return '';
  }
  return fit(textOf(reason).replaceAll(/\s+/g, ' ').trim(), 200);
}

function textOf(reason: unknown): string {
  try {
    return String(reason);
  } catch {
    return wordsOf(reason);
  }
}

// Characters that take two cells in terminals and monospaced fonts: the scripts of East Asia, and pictures.
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
// Characters that take none: marks on the letter before, joiners, and control characters.
const NONE = /\p{Mark}|\p{Cf}|\p{Cc}/u;

/** How many cells a text takes in a monospaced font. */
export function cells(text: string): number {
  let sum = 0;
  for (const letter of text) {
    sum += cellsOf(letter);
  }
  return sum;
}

function cellsOf(letter: string): number {
  if (NONE.test(letter)) {
    return 0;
  }
  return WIDE.test(letter) ? 2 : 1;
}

/** A text of at most so many cells, cut off with an ellipsis if necessary. */
export function fit(text: string, most: number): string {
  if (cells(text) <= most) {
    return text;
  }
  let kept = '';
  let width = 1;
  for (const letter of text) {
    width += cellsOf(letter);
    if (width > most) {
      break;
    }
    kept += letter;
  }
  return most < 1 ? '' : `${kept.trimEnd()}…`;
}

/** A text that fills so many cells. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cells(text)));
}

/** The median of several numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
