import { FleetError } from '../remote/fleet-error.ts';
import { ListeningTime } from './listening-time.ts';

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

/** Asks again and again while the server is away. Rejects after so many ms with the error that `late` makes. */
export async function askState(
  ask: () => Promise<FleetState>,
  ms: number,
  late: () => FleetError,
): Promise<FleetState> {
  let timer: NodeJS.Timeout | undefined;
  let left = ms;
  let isLate = false;
  const answered = async (): Promise<FleetState> => {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof FleetError || isLate) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
      return answered();
    }
  };
  const timeout = new Promise<never>((_resolve, reject) => {
    const period = Math.max(1, Math.min(ms / 4, 1000));
    const time = new ListeningTime(period);
    timer = setInterval(() => {
      left -= time.look();
      if (left < 1) {
        isLate = true;
        reject(late());
      }
    }, period);
  });
  try {
    return await Promise.race([answered(), timeout]);
  } finally {
    clearInterval(timer);
  }
}
