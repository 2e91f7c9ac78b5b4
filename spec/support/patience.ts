/** How many times longer than on a quiet machine it took this process to get here, so others take as much longer, too. */
const slowness = Math.min(Math.max(1, performance.now() / 2000), 7);

/**
 * So many ms on a quiet machine, and more on a busy one: for what a spec makes wait in vain while something else has to be done,
 * which a busy machine gives less time for.
 */
export function patience(ms: number): number {
  return Math.round(ms * slowness);
}
