import type { Subscriber } from 'rxjs';

import type { Failure } from '../remote/failures.ts';
import { RemoteCall } from '../remote/remote-call.ts';
import type { Request } from './run.ts';
import type { Guest, Thread } from './thread.ts';
import { argumentOf, isPrimitive, movedWith, refusal, unreadable } from './transfer.ts';

/** What runs calls, as a call sees it. */
export interface CallHost {
  /** Takes the call out of the queue; false if it runs already. */
  withdraw(call: PoolCall): boolean;
  /** Ends the thread in which the call runs. Fulfils when that has ended. */
  kill(call: PoolCall): Promise<void>;
  readonly graceMs: number | undefined;
}

/** One call that runs in a thread, as the pool sees it. */
export interface PoolCall extends Guest {
  /** The thread that it runs in. */
  readonly thread: Thread | undefined;
  readonly ended: boolean;
  runsIn(thread: Thread): void;
  /** Copies its arguments: it has to wait, and they might change before a thread takes them. */
  snapshot(): void;
  /** The error that says why its arguments could not be sent. */
  refusal(error: unknown): unknown;
  fail(error: unknown): void;
  cancelHere(error: unknown): void;
}

let lastId = 0;

/** The number of a new call. It is never 0. */
export function nextId(): number {
  lastId = (lastId % (2 ** 31 - 1)) + 1;
  return lastId;
}

/** One call that runs in a thread, and its subscriber. */
export class ThreadCall extends RemoteCall implements PoolCall {
  readonly request: Request;
  readonly moved: object[];
  thread: Thread | undefined;
  readonly #host: CallHost;

  constructor(name: string, args: readonly unknown[], subscriber: Subscriber<unknown>, host: CallHost) {
    super(subscriber);
    this.request = { id: nextId(), name, args };
    this.moved = movedWith(args, argumentOf(name));
    this.#host = host;
  }

  snapshot(): void {
    const { args } = this.request;
    if (args.every(isPrimitive)) {
      return;
    }
    const [copies, moved] = structuredClone([args, this.moved], {
      transfer: this.moved as Transferable[],
    }) as [readonly unknown[], readonly object[]];
    this.request.args = copies;
    this.moved.splice(0, Infinity, ...moved);
  }

  refusal(error: unknown): unknown {
    return refusal(this.request.name, this.request.args, this.moved, error);
  }

  runsIn(thread: Thread): void {
    this.thread = thread;
    this.begun();
  }

  garbled(error: unknown): void {
    void this.kill().then(() => this.fail(unreadable(this.request.name, error)));
  }

  override next(value: unknown): void {
    super.next(value);
    this.passed(1);
  }

  protected taken(weight: number): void {
    this.thread?.taken(weight);
  }

  protected withdraw(): boolean {
    return this.#host.withdraw(this);
  }

  protected tellCancelled(reason: Failure): void {
    this.thread?.cancel({ id: this.request.id, reason });
  }

  protected get graceMs(): number | undefined {
    return this.#host.graceMs;
  }

  protected kill(): Promise<void> {
    return this.#host.kill(this);
  }
}
