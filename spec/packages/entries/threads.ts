import type * as Threads from 'async-tamer/threads';

export const outcome = 'awaited 3, blocked 7, moved 3 bytes';

/** The functions of a module, in threads: awaited, and blocked on after an await. */
export async function exercise({ threads, transfer }: typeof Threads): Promise<string> {
  const code = 'export const add = (a, b) => a + b; export const sizeOf = (bytes) => bytes.length;';
  const work = threads<{ add(a: number, b: number): number; sizeOf(bytes: Uint8Array): number }>(
    `data:text/javascript,${encodeURIComponent(code)}`,
  );
  const bytes = new Uint8Array(3);
  const log = [`awaited ${await work.add(1, 2)}`];
  log.push(`blocked ${work.add(3, 4).block()}`);
  log.push(`moved ${(await work.sizeOf(transfer(bytes))) - bytes.length} bytes`);
  await work[Symbol.asyncDispose]();
  return log.join(', ');
}
