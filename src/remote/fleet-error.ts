/**
 * Why a fleet could not run a call; what each means stands with {@link FleetError}.
 *
 * @example
 * ```ts
 * import { FleetError, type FleetErrorCode } from 'async-tamer/fleet';
 *
 * const again: readonly FleetErrorCode[] = ['send', 'lost', 'gone'];
 * const isWorthARetry = (error: unknown) => error instanceof FleetError && again.includes(error.code);
 * console.log(isWorthARetry(new FleetError('lost', 'The machine is lost.')));
 * // => true
 * ```
 */
export type FleetErrorCode =
  // Of the way there and back.
  | 'send'
  | 'lost'
  | 'gone'
  // Of the queue.
  | 'queueTimeout'
  | 'full'
  // Of what is sent.
  | 'payload'
  | 'codec'
  // Of the fleet.
  | 'closed';

/**
 * Says that a fleet could not run a call, by its `code`:
 *
 * - `'send'`: the server could not be reached within `sendTimeout`, or it refuses to serve
 * - `'lost'`: the machine that ran it is lost, or the server was out of reach for longer than `leaseMs`
 * - `'gone'`: the server does not know the call any more: it has lost its data, or someone has removed the call
 * - `'queueTimeout'`: no worker has begun it in time
 * - `'payload'`: its arguments, or a value of it, are larger than `maxPayload`
 * - `'full'`: `maxQueued` calls wait already
 * - `'codec'`: what it was given, or has answered, cannot travel to another machine
 * - `'closed'`: the fleet has been closed
 *
 * @example
 * ```ts
 * import { fleet, FleetError } from 'async-tamer/fleet';
 *
 * const work = fleet<{ square(n: number): number }>('data:text/javascript,export const square = (n) => n * n');
 * await work[Symbol.asyncDispose]();
 * await work.square(3).catch((error) => console.log(error instanceof FleetError, error.code));
 * // => true closed
 * ```
 */
export class FleetError extends Error {
  static {
    this.prototype.name = 'FleetError';
  }

  /** What happened. */
  readonly code: FleetErrorCode;

  constructor(code: FleetErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
