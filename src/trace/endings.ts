import type { Recording } from './recording.ts';
import type { Span } from './span.ts';
import { everyChild, summary, tell, tellCounts } from './tell.ts';
import { plural, printable } from './words.ts';

/** Those that have failed: a line each, but no flood of them. */
export function failures(failed: readonly Span[], now: number): string[] {
  const lines = failed.slice(0, MOST).map((child) => `# ${printable(pathTo(child) + tell(child, now))}`);
  const more = failed.length - lines.length;
  return more > 0 ? [...lines, `# ${plural(more, 'more child', 'more children')} failed`] : lines;
}

const MOST = 10;

/** The names of the scopes that it is in. */
function pathTo({ scope }: Span): string {
  const names = [];
  for (let each = scope as Span['scope'] | undefined; each !== undefined; each = each.outer) {
    names.unshift(each.name);
  }
  return names.map((name) => (name === '' ? '' : `${name} › `)).join('');
}

/** How many do what, and how many have ended. */
export function standing(recording: Recording): string {
  const living = everyChild([...recording.roots]).map(({ state }) => state);
  const of = (state: Span['state']): number => living.filter((each) => each === state).length;
  const now = { running: of('running'), 'cleaning up': of('cleaning up'), 'in the queue': of('queued') };
  return tellCounts({ ...now, ...recording.counts }) || 'nothing yet';
}

/** How it went, in the end. */
export function ending(recording: Recording): string {
  const names = [...recording.roots].map(({ name }) => name || 'scope');
  return printable(`${names.join(', ')}: ${summary(recording)}`);
}
