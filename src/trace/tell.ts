import type { Recording } from './recording.ts';
import type { ScopeSpan, Span } from './span.ts';
import { count, duration, plural, printable } from './words.ts';

/** What happened to a child, in a sentence or two, for a reader who points at its bar. */
export function tell(span: Span, now: number): string {
  const title = span.name === '' ? `#${span.id}` : `${span.name} (#${span.id})`;
  const parts = [
    waited(span, now),
    ran(span, now),
    ended(span),
    cleaned(span, now),
    letGo(span),
    emitted(span),
  ];
  return `${title}: ${parts.filter((part) => part !== '').join(', ')}`;
}

function waited({ from, startedAt, end, early }: Span, now: number): string {
  if (startedAt === from) {
    return '';
  }
  const time = duration((startedAt ?? end?.time ?? now) - from);
  const goesOn = startedAt === undefined && end === undefined;
  return `${goesOn ? 'in the queue for' : 'queued'} ${early ? 'at least ' : ''}${time}`;
}

function ran({ from, startedAt, end, early }: Span, now: number): string {
  if (startedAt === undefined) {
    return '';
  }
  const time = duration((end?.time ?? now) - startedAt);
  const seenFromItsStart = !early || startedAt > from;
  return `${end === undefined ? 'running for' : 'ran'} ${seenFromItsStart ? '' : 'at least '}${time}`;
}

function ended({ end }: Span): string {
  if (end === undefined) {
    return '';
  }
  return end.why === '' ? end.outcome : `${end.outcome} (${end.why})`;
}

function cleaned(span: Span, now: number): string {
  const { end, cleanedAt, state } = span;
  if (end === undefined || (cleanedAt === undefined && state === 'ended')) {
    return '';
  }
  return cleanedAt === undefined
    ? `cleaning up for ${duration(now - end.time)}`
    : `cleaned up ${duration(cleanedAt - end.time)}`;
}

function letGo({ letGoAt }: Span): string {
  return letGoAt === undefined ? '' : 'let go, because nothing could tell it';
}

function emitted({ values }: Span): string {
  return values.count > 1 ? `${count(values.count)} values` : '';
}

/** The same for scopes that are drawn as one. */
export function tellScopes(scopes: readonly ScopeSpan[], children: readonly Span[]): string {
  const [first] = scopes;
  const name = first === undefined || first.name === '' ? '' : ` "${first.name}"`;
  const which = scopes.length === 1 ? `scope${name}` : `${count(scopes.length)} scopes${name}`;
  return `${which}: ${tellAll(children)}`;
}

/** The same for many children. */
export function tellAll(spans: readonly Span[]): string {
  const of = (isSuch: (span: Span) => boolean): number => spans.filter(isSuch).length;
  const counts = tellCounts({
    succeeded: of(({ end }) => end?.outcome === 'succeeded'),
    failed: of(({ end }) => end?.outcome === 'failed'),
    cancelled: of(({ end }) => end?.outcome === 'cancelled'),
    'let go': of(({ letGoAt }) => letGoAt !== undefined),
    'not ended': of(({ state }) => state !== 'ended'),
  });
  return [plural(spans.length, 'child', 'children'), counts].filter((part) => part !== '').join(', ');
}

/** Numbers with their words, without those that are 0. */
export function tellCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .flatMap(([words, n]) => (n === 0 ? [] : `${count(n)} ${words}`))
    .join(', ');
}

/** A summary of a whole recording. */
export function summary({ roots, total, counts, forgotten, from, until }: Recording): string {
  const open = everyChild([...roots]).filter(({ state }) => state !== 'ended').length;
  const parts = [plural(total, 'child', 'children'), tellCounts({ ...counts, 'not ended': open })];
  const earlier = forgotten === 0 ? '' : `; ${plural(forgotten, 'earlier one', 'earlier ones')} not shown`;
  return `${parts.filter((part) => part !== '').join(', ')}, in ${duration(until - from)}${earlier}`;
}

/** The children of scopes, and of all scopes nested in them. */
export function everyChild(scopes: readonly ScopeSpan[]): Span[] {
  const all: Span[] = [];
  const open = [...scopes];
  for (const { children, nested } of open) {
    open.push(...nested);
    for (const child of children.values()) {
      all.push(child);
      open.push(...child.nested);
    }
  }
  return all;
}

/** The children that have failed: a line each, but not too many. */
export function failures(failed: readonly Span[], now: number): string[] {
  const lines = failed.slice(0, MOST).map((child) => `# ${printable(pathTo(child) + tell(child, now))}`);
  const more = failed.length - lines.length;
  return more > 0 ? [...lines, `# ${plural(more, 'more child', 'more children')} failed`] : lines;
}

const MOST = 10;

/** The names of the scopes around it. */
function pathTo({ scope }: Span): string {
  const names = [];
  for (let each = scope as Span['scope'] | undefined; each !== undefined; each = each.outer) {
    names.unshift(each.name);
  }
  return names.map((name) => (name === '' ? '' : `${name} › `)).join('');
}

/** How many children are in each state, and how many have ended in each way. */
export function standing(recording: Recording): string {
  const living = everyChild([...recording.roots]).map(({ state }) => state);
  const of = (state: Span['state']): number => living.filter((each) => each === state).length;
  const now = { running: of('running'), 'cleaning up': of('cleaning up'), 'in the queue': of('queued') };
  return tellCounts({ ...now, ...recording.counts }) || 'nothing yet';
}

/** The summary at the end. */
export function ending(recording: Recording): string {
  const names = [...recording.roots].map(({ name }) => name || 'scope');
  return printable(`${names.join(', ')}: ${summary(recording)}`);
}
