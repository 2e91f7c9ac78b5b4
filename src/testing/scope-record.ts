import type { ScopeEvent } from '../scope/events.ts';
import type { ResultUnavailableError } from '../execution/errors.ts';
import { nameOf } from '../execution/errors.ts';
import type { NamedScope } from './roll.ts';

/** An event of a scope or of one of its children, and the sign that draws it. */
export interface ScopeMark {
  readonly frame: number;
  readonly kind: keyof typeof SIGNS;
  readonly value?: unknown;
  readonly error?: unknown;
}

/** One sign each; a value has its letter. */
export const SIGNS = {
  queue: ':',
  start: '^',
  next: '',
  complete: '|',
  error: '#',
  cancel: '!',
  cleanup: '.',
  abandon: '?',
} as const;

export const MEANINGS: Readonly<Record<keyof typeof SIGNS, string>> = {
  queue: ': has to wait for its turn',
  start: '^ starts',
  next: 'a letter is a value',
  complete: '| completes, or closes',
  error: '# fails, or closes with a failure',
  cancel: '! is cancelled',
  cleanup: '. has cleaned up',
  abandon: '? is let go',
};

/** A child, or the scope itself, through time. */
export interface ScopeRow {
  readonly label: string;
  readonly marks: ScopeMark[];
}

/** Records what happens to a scope, from its beginning. */
export class ScopeRecord {
  readonly scope: NamedScope;
  /** Everything, in order. An entry without `event` is of the scope itself. */
  readonly all: { readonly frame: number; readonly kind: ScopeMark['kind']; readonly event?: ScopeEvent }[] =
    [];
  readonly #own: ScopeRow = { label: 'scope', marks: [] };
  readonly #children = new Map<number, ScopeRow>();
  readonly #now: () => number;
  /** A test expects it to close with a failure, so no other code need hear of that. */
  failureExpected = false;
  /** The error with which it closed. */
  raised: unknown;

  constructor(scope: NamedScope, now: () => number) {
    const { lifetime } = scope;
    this.scope = scope;
    this.#now = now;
    if (lifetime.cancellation !== undefined) {
      this.#happened('cancel');
    } else {
      lifetime.signal.addEventListener('abort', () => this.#happened('cancel'));
    }
    lifetime.watch().events$.subscribe({
      next: (event) => this.#childDid(event),
      complete: () => {
        this.raised = raisedBy(lifetime);
        this.#happened(this.raised === undefined ? 'complete' : 'error');
      },
    });
  }

  #happened(kind: ScopeMark['kind']): void {
    const mark = { frame: this.#now(), kind };
    this.#own.marks.push(mark);
    this.all.push(mark);
  }

  #childDid(event: ScopeEvent): void {
    const { id, name, type } = event;
    const frame = this.#now();
    this.all.push({ frame, kind: type, event });
    let row = this.#children.get(id);
    if (row === undefined) {
      row = { label: labelOf(id, name), marks: [] };
      this.#children.set(id, row);
    }
    const { value, error } = event as Partial<Record<'value' | 'error', unknown>>; // Where its type has them.
    row.marks.push({ frame, kind: type, value, error });
  }

  /** The scope itself. */
  get own(): ScopeRow {
    return this.#own;
  }

  /** A row for each child, in the order of their start, and one for the scope. */
  get rows(): readonly ScopeRow[] {
    return [...this.#children.values(), this.#own];
  }
}

/** The name of a child, as one word; its number where it has none. */
function labelOf(id: number, name: string): string {
  return name === '' ? nameOf({ id, name }) : name.replaceAll(/\s+/g, '_');
}

/** To look at a result does not count as asking for it. */
function raisedBy(closed: NamedScope['lifetime']): unknown {
  const result = closed.close();
  try {
    return result.status === 'failed' ? result.value : undefined;
  } catch (error) {
    return (error as ResultUnavailableError).cause; // A failed result has one.
  }
}
