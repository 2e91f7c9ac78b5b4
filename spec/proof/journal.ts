import { asyncScheduler, UnsubscriptionError } from 'rxjs';
import {
  CancelledError,
  ScopeError,
  type AsyncScope,
  type DelayedResult,
  type ScopeEvent,
} from '../../src/index.ts';
import type { Code, ScopeOptions } from './program.ts';

/** What the code of a program throws: each time another one, so that each can be counted. */
export class Failure extends Error {
  override name = 'Failure';
  mayBeLost = false;
}

/** A scope that a program has made. */
export interface ScopeRecord {
  readonly name: string;
  readonly scope: AsyncScope;
  readonly options: ScopeOptions;
  /** The path of the code that made it. */
  readonly path: readonly number[];
  /** The child in whose code it was made, so that its children run in that one, too. */
  readonly outer: Progress | undefined;
  /** Itself, and the scopes that wait for it, outwards. */
  readonly owners: readonly ScopeRecord[];
  readonly events: ScopeEvent[];
  /** What its children have done, by their number. */
  readonly progress: Progress[];
  ended: boolean;
}

/** What the code of a child has in common. */
export interface Progress {
  readonly scope: ScopeRecord | undefined;
  /** The child in whose code its scope was made. */
  readonly outer: Progress | undefined;
  /** It is a service, which takes no place. */
  readonly service?: boolean;
  /** Some of it has begun. */
  begun: boolean;
  /** How many children it has started. */
  started: number;
  /** How many waits for children of its own scope go on in it, for which it may have given up its place. */
  waiting: number;
}

/** A child that a program has started. Its path: of the code that started it, and its number there. */
export interface ChildRecord {
  readonly name: string;
  readonly path: readonly number[];
  readonly scope: ScopeRecord;
  /** Its number in the scope; none if that was cancelled before. */
  readonly id: number | undefined;
  readonly code: Code;
  readonly progress: Progress;
  readonly result: DelayedResult<unknown>;
}

/** A try block that was entered: its finally block has to be entered, and left, once. */
export interface Passage {
  readonly name: string;
  entered: number;
  left: number;
}

/** Where a failure was seen. */
export interface Sighting {
  readonly how: 'delivered' | 'delivered late' | 'caught' | 'raised';
  readonly where: string;
}

/** Keeps what happens while a program runs. */
export class Journal {
  readonly log: string[] = [];
  readonly scopes: ScopeRecord[] = [];
  readonly children: ChildRecord[] = [];
  readonly passages: Passage[] = [];
  readonly failures = new Map<Failure, Sighting[]>();
  readonly violations: string[] = [];

  write(line: string): void {
    this.log.push(`${String(asyncScheduler.now() % 1e6).padStart(6)} ${line}`);
  }

  violated(rule: string): void {
    this.write(`VIOLATED ${rule}`);
    this.violations.push(rule);
  }

  addScope(
    record: Pick<ScopeRecord, 'scope' | 'options' | 'path' | 'outer'>,
    around: readonly ScopeRecord[],
  ): ScopeRecord {
    const name = `scope${this.scopes.length}`;
    const scope: ScopeRecord = { ...record, name, events: [], progress: [], ended: false, owners: [] };
    Object.assign(scope, { owners: [scope, ...around] });
    this.scopes.push(scope);
    this.write(`${name} made`);
    record.scope.events$.subscribe({
      next: (event) => {
        this.write(`${name} ${event.type} #${event.id}`);
        scope.events.push(event);
        if (event.type === 'abandon') {
          this.violated(`${name} lets #${event.id} go`);
        }
        if (event.type === 'start') {
          this.#checkStart(scope, event.id);
        }
      },
      complete: () => {
        this.write(`${name} closed`);
        scope.ended = true;
        if (!record.scope.closed || record.scope.size !== 0) {
          this.violated(`${name} tells its end, but is not closed or not empty`);
        }
      },
    });
    return scope;
  }

  #checkStart({ name, scope, options, progress }: ScopeRecord, started: number): void {
    if (scope.cancelled) {
      this.violated(`${name} starts a child though it is cancelled`);
    }
    if (progress[started - 1]?.service === true) {
      return; // Those that had given their places up may run again meanwhile.
    }
    const running = scope.children.filter(
      ({ id, state }) => state !== 'queued' && !progress[id - 1]?.waiting && !progress[id - 1]?.service,
    );
    if (running.length > (options.concurrency ?? Infinity)) {
      this.violated(`${name} exceeds its limit: ${running.map(({ id }) => `#${id}`).join(', ')} run at once`);
    }
  }

  passage(name: string): Passage {
    const passage = { name, entered: 0, left: 0 };
    this.passages.push(passage);
    return passage;
  }

  failure(
    where: string,
    { cause, mayBeLost = false }: { cause?: unknown; mayBeLost?: boolean } = {},
  ): Failure {
    const failure = new Failure(`E${this.failures.size + 1} of ${where}`, { cause });
    failure.mayBeLost = mayBeLost;
    this.failures.set(failure, []);
    this.write(`${failure.message} thrown`);
    return failure;
  }

  seen(error: unknown, how: Sighting['how'], where: string): void {
    for (const leaf of leaves(error)) {
      if (leaf instanceof Failure) {
        this.write(`${leaf.message} ${how} ${where}`);
        this.failures.get(leaf)?.push({ how, where });
      } else if (
        !(leaf instanceof CancelledError) &&
        !EXPECTED.has((leaf as Error | undefined)?.name ?? '')
      ) {
        this.violated(
          `unexpected error ${how} ${where}: ${leaf instanceof Error ? leaf.stack : String(leaf)}`,
        );
      }
    }
  }
}

const EXPECTED = new Set(['TimeoutError', 'AwaitError', 'EmptyError', 'AbortError']);

/** The failures that an error holds. */
export function leaves(error: unknown): unknown[] {
  if (error instanceof UnsubscriptionError) {
    return error.errors.flatMap(leaves);
  }
  if (error instanceof ScopeError) {
    const errors = error.errors as unknown[];
    return (error.cause === undefined ? errors : [...errors, error.cause]).flatMap(leaves);
  }
  return [error];
}
