import { grouped } from './lanes.ts';
import { childrenOf } from './plan.ts';
import type { Recording } from './recording.ts';
import type { ScopeSpan, Span } from './span.ts';
import { count, plural } from './words.ts';

/** A line of the live view. */
export interface Line {
  readonly depth: number;
  readonly look: 'scope' | 'running' | 'queued' | 'cleaning up' | 'more';
  readonly label: string;
  /** The time in ms; of several, the longest. */
  readonly ms?: number;
  readonly note: string;
}

/**
 * The children that run, clean up, and are in the queue, in at most so many lines. If there are many of one name, they share a
 * line.
 */
export function live(recording: Recording, now: number, most: number): Line[] {
  let lines: Line[] = [];
  for (const each of [8, 3, 1]) {
    lines = new Living(each, now).scopes([...recording.roots], 0);
    if (lines.length <= most) {
      return lines;
    }
  }
  const rest = lines.length - most + 1;
  return [
    ...lines.slice(0, most - 1),
    { depth: 0, look: 'more', label: `… ${plural(rest, 'more line')}`, note: '' },
  ];
}

class Living {
  /** So many of one name have a line each. */
  readonly #each: number;
  readonly #now: number;

  constructor(each: number, now: number) {
    this.#each = each;
    this.#now = now;
  }

  scopes(all: readonly ScopeSpan[], depth: number): Line[] {
    const scopes = all.filter(({ over }) => !over);
    const groups = [...grouped(scopes).values()];
    return groups.flatMap((group) =>
      group.length <= this.#each
        ? group.flatMap((scope) => this.#scope([scope], depth))
        : this.#scope(group, depth),
    );
  }

  /** One scope, or several that are shown as one. */
  #scope(scopes: readonly ScopeSpan[], depth: number): Line[] {
    const name = scopes[0]?.name ?? '';
    const living = childrenOf(scopes).filter(({ state }) => state !== 'ended');
    const hasLine = name !== '' || depth === 0;
    const inner = hasLine ? depth + 1 : depth;
    const states = (['running', 'cleaning up', 'queued'] as const).flatMap((state) =>
      this.#children(
        living.filter((child) => child.state === state),
        state,
        inner,
      ),
    );
    const nested = this.scopes(
      scopes.flatMap((scope) => [...scope.nested]),
      inner,
    );
    return hasLine
      ? [this.#header(name, scopes, living, depth), ...states, ...nested]
      : [...states, ...nested];
  }

  #header(name: string, scopes: readonly ScopeSpan[], living: readonly Span[], depth: number): Line {
    const of = (state: Span['state']): number => living.filter((child) => child.state === state).length;
    const ended = (outcome: 'succeeded' | 'failed' | 'cancelled'): number =>
      scopes.reduce((sum, { counts }) => sum + counts[outcome], 0);
    const parts = [
      [of('running'), 'running'],
      [of('cleaning up'), 'cleaning up'],
      [of('queued'), 'in the queue'],
      [ended('succeeded'), 'succeeded'],
      [ended('failed'), 'failed'],
      [ended('cancelled'), 'cancelled'],
    ] as const;
    const note = parts.flatMap(([n, words]) => (n === 0 ? [] : `${count(n)} ${words}`)).join(', ');
    const label = times(name || 'scope', scopes.length);
    return { depth, look: 'scope', label, ms: this.#longest(scopes.map(({ from }) => from)), note };
  }

  /** Those in one state. */
  #children(children: readonly Span[], look: 'running' | 'cleaning up' | 'queued', depth: number): Line[] {
    return [...grouped(children)].flatMap(([name, group]) => {
      const units = group.length <= this.#each ? group.map((child) => [child]) : [group];
      return units.flatMap((spans) => {
        const [first] = spans;
        const number = first === undefined || spans.length > 1 ? '' : `#${first.id}`;
        const label = times([name, number].filter((part) => part !== '').join(' '), spans.length);
        const note = look === 'running' ? '' : wordsOf(look);
        const since = spans.map((child) => this.#since(child));
        return [
          { depth, look, label: label || '(no name)', ms: this.#longest(since), note },
          ...this.scopes(
            spans.flatMap(({ nested }) => [...nested]),
            depth + 1,
          ),
        ];
      });
    });
  }

  #since({ from, startedAt, end }: Span): number {
    return end?.time ?? startedAt ?? from;
  }

  #longest(since: readonly number[]): number {
    return this.#now - since.reduce((least, time) => Math.min(least, time), Infinity);
  }
}

function wordsOf(state: 'cleaning up' | 'queued'): string {
  return state === 'queued' ? 'in the queue' : state;
}

function times(label: string, n: number): string {
  return n === 1 ? label : `${label || '(no name)'} × ${count(n)}`;
}
