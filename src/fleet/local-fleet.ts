import { Observable, Subject } from 'rxjs';

import type { TamedCall } from '../call/call.ts';
import { tamed } from '../call/tamed.ts';
import { FleetError } from '../remote/fleet-error.ts';
import type { Runner } from '../remote/functions.ts';
import { Crew } from '../threads/crew.ts';
import { checkThreadsOptions } from '../threads/options.ts';
import type { FleetEvent } from './events.ts';
import type { CheckedFleetOptions } from './options.ts';
import type { FleetState } from './state.ts';

/** A fleet without a server: the threads of this machine. */
export class LocalFleet implements Runner {
  readonly events = new Subject<FleetEvent>();
  readonly #crew: Crew;
  #isClosed = false;
  #lastId = 0;

  constructor(href: string, { exitMode }: CheckedFleetOptions) {
    this.#crew = new Crew(href, checkThreadsOptions({ exitMode }));
  }

  functionNamed(name: string): (...args: unknown[]) => TamedCall<unknown> {
    const run = (...args: unknown[]): Observable<unknown> =>
      new Observable((subscriber) => {
        this.#checkOpen(name);
        const ended = this.#told(name);
        const teardown = this.#crew.start(name, args, subscriber);
        return () => {
          teardown?.();
          ended();
        };
      });
    const runHere = (...args: unknown[]): unknown => {
      this.#checkOpen(name);
      const ended = this.#told(name);
      try {
        return this.#crew.runHere(name, args);
      } finally {
        ended();
      }
    };
    Object.defineProperty(run, 'name', { value: name });
    return tamed({ sync: runHere, async: run });
  }

  #checkOpen(name: string): void {
    if (this.#isClosed) {
      throw new FleetError(
        'closed',
        `Cannot call "${name}": its fleet has been closed. Make another by fleet().`,
      );
    }
  }

  /** Emits the events of a call that begins. The returned function emits that it has ended. */
  #told(call: string): () => void {
    this.#lastId++;
    const id = String(this.#lastId);
    this.events.next({ type: 'sent', call, id, attempt: 0 });
    this.events.next({ type: 'began', call, id, attempt: 1 });
    return () => this.events.next({ type: 'ended', call, id, attempt: 1 });
  }

  state(): Promise<FleetState> {
    return Promise.resolve({ workers: 1, ...this.#crew.counts, failed: 0 });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#crew.close();
    this.events.complete();
  }

  closeHere(): void {
    this.#isClosed = true;
    this.#crew.closeHere();
    this.events.complete();
  }
}
