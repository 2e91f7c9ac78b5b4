// Shows what the scopes of the app do. Watch for: all of it comes from `events$` and `children`, which every scope has.
import { computed, inject, Injectable, signal } from '@angular/core';
import { filter } from 'rxjs';
import { injectAsyncScope } from 'async-tamer/angular';
import type { AsyncScope, AsyncScopeOptions, ScopeEvent } from 'async-tamer';

/** A child of a scope, and what has become of it. */
export interface Entry {
  /** Its own among all entries. */
  readonly key: string;
  readonly scope: string;
  /** That of its function, and its number in the scope. */
  readonly name: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled' | 'let go';
  /** What it does after its end to put things in order, where that takes time. */
  readonly cleanup: 'none' | 'running' | 'done';
  /** When its code began to run; undefined if it did not. */
  readonly startedAt: number | undefined;
  /** How long that took, in ms, when it has ended. */
  readonly ms: number | undefined;
}

const stateAfter: Partial<Record<ScopeEvent['type'], Entry['state']>> = {
  queue: 'waiting',
  start: 'running',
  complete: 'done',
  error: 'failed',
  cancel: 'cancelled',
  abandon: 'let go',
};

/** How many that have ended are kept. */
const memory = 25;

@Injectable({ providedIn: 'root' })
export class Activity {
  readonly #entries = signal<readonly Entry[]>([]);
  #scopes = 0;

  /** What waits, runs or cleans up, in the order of its start. */
  readonly now = computed(() => this.#entries().filter((entry) => !isOver(entry)));
  /** What has ended, the last to begin first. */
  readonly before = computed(() => this.#entries().filter(isOver).reverse());

  /** Follows what a scope does until it closes. */
  show(scope: AsyncScope): void {
    const prefix = `${++this.#scopes}.`;
    scope.events$.pipe(filter(({ type }) => type !== 'next')).subscribe((event) => {
      this.#entries.update((entries) => after(entries, event, `${prefix}${event.id}`, scope.name));
      // `children` knows which child cleans up, as soon as the teardown that goes on here is over.
      queueMicrotask(() => this.#lookForCleanups(prefix, scope));
    });
  }

  #lookForCleanups(prefix: string, { children }: AsyncScope): void {
    const keys = new Set(
      children.filter(({ state }) => state === 'cleaning up').map(({ id }) => `${prefix}${id}`),
    );
    this.#entries.update((entries) =>
      entries.map((entry) => (keys.has(entry.key) ? { ...entry, cleanup: 'running' } : entry)),
    );
  }
}

function after(
  entries: readonly Entry[],
  { type, id, name, time }: ScopeEvent,
  key: string,
  scope: string,
): readonly Entry[] {
  const known = entries.find((entry) => entry.key === key);
  const state = stateAfter[type] ?? known?.state ?? 'running';
  const startedAt = type === 'start' ? time : known?.startedAt;
  const ended = type === 'complete' || type === 'error' || type === 'cancel';
  const ms = ended && startedAt !== undefined ? time - startedAt : known?.ms;
  const cleanup = type === 'cleanup' ? 'done' : 'none';
  const entry: Entry = { key, scope, name: `${name} ${id}`, state, cleanup, startedAt, ms };
  return known === undefined
    ? [...withoutOldest(entries), entry]
    : entries.map((each) => (each === known ? entry : each));
}

/** A scope for the component or service that asks, shown in the panel. */
export function injectShownScope(options: AsyncScopeOptions): AsyncScope {
  const scope = injectAsyncScope(options);
  inject(Activity).show(scope);
  return scope;
}

function isOver({ state, cleanup }: Entry): boolean {
  return state !== 'waiting' && state !== 'running' && cleanup !== 'running';
}

function withoutOldest(entries: readonly Entry[]): readonly Entry[] {
  const over = entries.filter(isOver);
  return over.length < memory ? entries : entries.filter((entry) => entry !== over[0]);
}
