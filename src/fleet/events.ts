/**
 * What happens to the calls of a fleet, for logs and meters; see {@link fleetEvents}.
 *
 * @example
 * ```ts
 * import { fleet, fleetEvents, type FleetEvent } from 'async-tamer/fleet';
 *
 * const line = (event: FleetEvent) => `${event.type} ${event.call}`;
 * await using work = fleet<{ square(n: number): number }>('data:text/javascript,export const square = (n) => n * n');
 * fleetEvents(work).subscribe((event) => console.log(line(event)));
 * await work.square(3);
 * // => sent square
 * // => began square
 * // => ended square
 * ```
 */
export interface FleetEvent {
  /**
   * - `'sent'`: the call is in the queue
   * - `'began'`: a worker runs it
   * - `'lost'`: the worker that ran it is lost
   * - `'retried'`: it is run once more, after it was lost or has failed
   * - `'ended'`: it has ended, however that was
   * - `'no workers'`: calls wait, and no worker is there to run them
   */
  readonly type: 'sent' | 'began' | 'lost' | 'retried' | 'ended' | 'no workers';
  /** The name of its function; '' for `'no workers'`. */
  readonly call: string;
  /** The id of the call, the same as in the queue; '' for `'no workers'`. */
  readonly id: string;
  /** How many times it was begun; 0 before that. */
  readonly attempt: number;
}
