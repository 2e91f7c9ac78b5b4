import type * as Fleet from 'async-tamer/fleet';

export const outcome = 'awaited 3, blocked 7, 1 worker';

/** The functions of a module, on a fleet that is this machine: awaited, and blocked on after an await. */
export async function exercise({ fleet, fleetState, withOptions }: typeof Fleet): Promise<string> {
  const code = 'export const add = (a, b) => a + b;';
  const work = fleet<{ add(a: number, b: number): number }>(
    `data:text/javascript,${encodeURIComponent(code)}`,
  );
  const log = [`awaited ${await withOptions(work, { priority: 1 }).add(1, 2)}`];
  log.push(`blocked ${work.add(3, 4).block()}`);
  log.push(`${(await fleetState(work)).workers} worker`);
  await work[Symbol.asyncDispose]();
  return log.join(', ');
}
