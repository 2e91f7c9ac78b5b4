/**
 * How busy a fleet is, as the server knows it; see {@link fleetState}.
 *
 * @example
 * ```ts
 * import { fleet, fleetState, type FleetState } from 'async-tamer/fleet';
 *
 * const isIdle = ({ queued, running }: FleetState) => queued + running === 0;
 * await using work = fleet<{ square(n: number): number }>('data:text/javascript,export const square = (n) => n * n');
 * console.log(isIdle(await fleetState(work)));
 * // => true
 * ```
 */
export interface FleetState {
  /** How many workers are up. */
  readonly workers: number;
  /** How many calls wait, those of other callers included. */
  readonly queued: number;
  /** How many calls run. */
  readonly running: number;
  /** How many calls are kept among the failed. */
  readonly failed: number;
}
