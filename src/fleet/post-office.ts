import { FleetError } from '../remote/fleet-error.ts';
import type { Engine } from './engine.ts';
import type { FleetCall } from './fleet-call.ts';

/** How many calls go into the queue at once, and how large they are together. */
const MOST_CALLS = 1000;
const MOST_TEXT = 4 * 2 ** 20;

/** Puts calls into the queue, in their order: one batch at a time, again and again while the server is away. */
export class PostOffice {
  readonly #connect: () => Promise<Engine>;
  readonly #sent: (call: FleetCall) => void;
  readonly #waiting = new Set<FleetCall>();
  #underWay: readonly FleetCall[] = [];
  #running = false;

  constructor(connect: () => Promise<Engine>, sent: (call: FleetCall) => void) {
    this.#connect = connect;
    this.#sent = sent;
  }

  add(call: FleetCall): void {
    this.#waiting.add(call);
    if (!this.#running) {
      this.#running = true;
      void this.#run();
    }
  }

  /** False if it may have gone out. */
  takeBack(call: FleetCall): boolean {
    return this.#waiting.delete(call);
  }

  /**
   * Fails the calls that have waited for `sendTimeout`, `passed` more ms included. `trouble` is the last error of the connection.
   */
  expire(passed: number, sendTimeout: number, trouble: Error | undefined): void {
    const now = performance.now();
    for (const call of [...this.#waiting, ...this.#underWay]) {
      call.unsentMs += Math.min(passed, now - call.made);
      if (call.unsentMs >= sendTimeout && !call.ended) {
        this.#waiting.delete(call);
        call.fail(notReached(sendTimeout, call.name, trouble));
      }
    }
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // Calls of one go are sent together.
    while (this.#waiting.size > 0) {
      const batch = this.#next();
      this.#underWay = batch;
      try {
        const engine = await this.#connect();
        await engine.submit(batch.map((call) => call.submission));
        this.#underWay = [];
        batch.forEach((call) => this.#sent(call));
      } catch (error) {
        this.#underWay = [];
        await this.#again(batch, error);
      }
    }
    this.#running = false; // At once: by the next microtask, another call may wait.
  }

  #next(): FleetCall[] {
    const batch: FleetCall[] = [];
    let size = 0;
    for (const call of this.#waiting) {
      size += call.submission.order.args.length;
      if (batch.length === MOST_CALLS || (size > MOST_TEXT && batch.length > 0)) {
        break;
      }
      this.#waiting.delete(call);
      batch.push(call);
    }
    return batch;
  }

  async #again(batch: readonly FleetCall[], error: unknown): Promise<void> {
    const rest = [...this.#waiting];
    this.#waiting.clear();
    const left = [...batch, ...rest].filter((call) => !call.ended);
    if (error instanceof FleetError) {
      left.forEach((call) => call.fail(error));
      return;
    }
    for (const call of left) {
      if (call.cancelled === undefined) {
        this.#waiting.add(call);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The error of a call that could not be sent in time. `trouble` is the last error of the connection. */
export function notReached(sendTimeout: number, name: string, trouble: Error | undefined): FleetError {
  const what = `The server could not be reached for ${sendTimeout} ms, to call "${name}".`;
  const why = trouble === undefined ? '' : ` ${describe(trouble)}`;
  return new FleetError('send', what + why, { cause: trouble });
}

function describe(error: Error): string {
  const { errors } = error as { readonly errors?: readonly unknown[] }; // Node tries each address of a host.
  const first = errors?.[0] instanceof Error ? errors[0] : error;
  return `${first.message === '' ? first.name : first.message}.`;
}
