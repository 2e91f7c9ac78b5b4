import { asyncScheduler } from 'rxjs';

/** Notes what happens, and when. */
export function diary(): { lines: string[]; note: (what: string) => void } {
  const lines: string[] = [];
  return { lines, note: (what) => lines.push(`${asyncScheduler.now()} ${what}`) };
}

/** A line of a diary without its time. */
export function textOf(line: string): string {
  return line.replace(/^\d+ /, '');
}
