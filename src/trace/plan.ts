import { Level, PERIODS } from './areas.ts';
import { grouped, lanesFor } from './lanes.ts';
import type { ScopeSpan, Span } from './span.ts';
import { count } from './words.ts';

/** A line of a picture, from the top down. */
export type Row = {
  /** How deeply it is nested. */
  readonly depth: number;
  readonly label: string;
} & (
  | { readonly kind: 'scope'; readonly scopes: readonly ScopeSpan[] }
  | { readonly kind: 'child'; readonly span: Span }
  /** Several children of one name, in lanes: each has its lane for itself as long as it runs. */
  | (Group & { readonly kind: 'lanes'; readonly lanes: readonly (readonly Span[])[] })
  /** So many children at once that their number is drawn. */
  | (Group & { readonly kind: 'density'; readonly present: Level; readonly running: Level })
  /** How many of the children in the row above were in the queue. */
  | { readonly kind: 'queue'; readonly spans: readonly Span[]; readonly queued: Level }
);

interface Group {
  readonly spans: readonly Span[];
  /** The facts about them that a reader needs first. */
  readonly note: string;
}

/**
 * Decides which children have a row of their own. As long as there is room, all have. Otherwise children of one name are drawn
 * together: first the children of one scope, then those of the scopes that such children have made.
 */
export function plan(roots: Iterable<ScopeSpan>, now: number, most: number): Row[] {
  let rows: Row[] = [];
  for (const each of [32, 16, 8, 4, 1]) {
    rows = new Planner(each, now).scopes([...roots], 0);
    if (rows.length <= most) {
      break;
    }
  }
  return rows;
}

/** The children of scopes, in the order in which they were started. */
export function childrenOf(scopes: readonly ScopeSpan[]): Span[] {
  return scopes.flatMap(({ children }) => [...children.values()]).sort((one, other) => one.from - other.from);
}

class Planner {
  /** How many children of one name have a row each. */
  readonly #each: number;
  readonly #now: number;

  constructor(each: number, now: number) {
    this.#each = each;
    this.#now = now;
  }

  scopes(scopes: readonly ScopeSpan[], depth: number): Row[] {
    if (scopes.length <= this.#each) {
      return scopes.flatMap((scope) => this.#scope([scope], depth));
    }
    return [...grouped(scopes).values()].flatMap((group) => this.#scope(group, depth));
  }

  /** One scope, or several that are drawn as one. */
  #scope(scopes: readonly ScopeSpan[], depth: number): Row[] {
    const name = scopes[0]?.name ?? '';
    const rows: Row[] = [];
    let inner = depth;
    // A scope without a name is recognised by its indent under the child that made it.
    if (name !== '' || depth === 0) {
      rows.push({ kind: 'scope', depth, label: times(name || 'scope', scopes.length), scopes });
      inner++;
    }
    const children = childrenOf(scopes);
    if (scopes.length === 1 && children.length <= this.#each) {
      const names = grouped(children);
      rows.push(...children.flatMap((span) => this.#child(span, inner, names.get(span.name)?.length === 1)));
    } else {
      rows.push(...this.#groups(children, inner));
    }
    rows.push(
      ...this.scopes(
        scopes.flatMap(({ nested }) => [...nested]),
        inner,
      ),
    );
    return rows;
  }

  #child(span: Span, depth: number, unique: boolean): Row[] {
    const number = `#${span.id}`;
    const name = unique || span.name === '' ? span.name : `${span.name} ${number}`;
    return [
      { kind: 'child', depth, label: name || number, span },
      ...this.scopes([...span.nested], depth + 1),
    ];
  }

  #groups(children: readonly Span[], depth: number): Row[] {
    const groups = [...grouped(children)];
    const small = groups.length > MOST_NAMES ? [...groups].sort(bySize).slice(MOST_NAMES - 1) : [];
    const lanes = groups.length > FEW_NAMES ? FEW_LANES : MOST_LANES;
    const rows = groups
      .filter((group) => !small.includes(group))
      .flatMap(([name, spans]) => this.#group(name || '(no name)', spans, depth, lanes));
    const others = small.flatMap(([, spans]) => spans);
    return others.length === 0
      ? rows
      : [...rows, ...this.#group(`${count(small.length)} more names`, others, depth, lanes)];
  }

  #group(name: string, spans: readonly Span[], depth: number, most: number): Row[] {
    const [first] = spans;
    if (first !== undefined && spans.length === 1) {
      return this.#child(first, depth, true);
    }
    const queued = new Level(spans, 'queued', this.#now);
    const label = 'in the queue';
    return [
      this.#many(times(name, spans.length), spans, depth, most),
      ...(queued.most > 0 ? [{ kind: 'queue', depth: depth + 1, label, spans, queued } as const] : []),
      ...this.scopes(
        spans.flatMap(({ nested }) => [...nested]),
        depth + 1,
      ),
    ];
  }

  #many(label: string, spans: readonly Span[], depth: number, most: number): Row {
    const lanes = lanesFor(spans, (span) => PERIODS.present(span, this.#now), most);
    if (lanes.length <= most) {
      return { kind: 'lanes', depth, label, note: noteOf(spans, lanes.length), spans, lanes };
    }
    const running = new Level(spans, 'running', this.#now);
    const present = new Level(spans, 'present', this.#now);
    return { kind: 'density', depth, label, note: noteOf(spans, present.most), spans, running, present };
  }
}

function noteOf(spans: readonly Span[], most: number): string {
  const parts = [`${count(most)} at once`];
  for (const outcome of ['failed', 'cancelled']) {
    const { length } = spans.filter(({ end }) => end?.outcome === outcome);
    if (length > 0) {
      parts.push(`${count(length)} ${outcome}`);
    }
  }
  return parts.join(', ');
}

const MOST_NAMES = 24;
const MOST_LANES = 16;
// If there are more names, each gets fewer lanes.
const FEW_NAMES = 6;
const FEW_LANES = 6;

function bySize(
  [, one]: readonly [string, readonly Span[]],
  [, other]: readonly [string, readonly Span[]],
): number {
  return other.length - one.length;
}

function times(label: string, n: number): string {
  return n === 1 ? label : `${label} × ${count(n)}`;
}
