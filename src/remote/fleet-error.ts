/**
 * The reason why a fleet could not run a call. {@link FleetError} says what each code means.
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
  // Codes of the way there and back.
  | 'send'
  | 'lost'
  | 'gone'
  // Codes of the queue.
  | 'queueTimeout'
  | 'full'
  // Codes of what is sent.
  | 'payload'
  | 'codec'
  // Codes of the fleet itself.
  | 'closed';

/**
 * A fleet could not run a call. Its `code` says why:
 *
 * - `'send'`: the server could not be reached within `sendTimeout`, or it refuses to serve
 * - `'lost'`: the machine that ran the call is lost, or the server was out of reach for longer than `leaseMs`
 * - `'gone'`: the server does not know the call any more: it has lost its data, or the call was removed
 * - `'queueTimeout'`: no worker has begun the call in time
 * - `'payload'`: its arguments, or a value of it, are larger than `maxPayload`
 * - `'full'`: `maxQueued` calls wait already
 * - `'codec'`: an argument or a value of it cannot travel to another machine
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
