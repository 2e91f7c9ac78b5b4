import type * as Testing from 'async-tamer/testing';

export const outcome = 'a diagram is right, another one is not';

/** Virtual time, synchronous and not. */
export async function exercise({ runMarbles, runMarblesAsync }: typeof Testing): Promise<string> {
  const log: string[] = [];
  runMarbles(({ cold, scope, expectObservable, expectScope }) => {
    const page = scope();
    const prices = page.start(cold('-a--b|'));
    page.close();
    expectObservable(prices).toBe('-a--b|');
    expectScope(page).toBe(`
      #1     ^a--b|
      scope  -----|
    `);
    log.push('a diagram is right');
  });
  try {
    await runMarblesAsync(({ cold, expectObservable }) => {
      expectObservable(cold('-a|')).toBe('--a|');
    });
  } catch {
    log.push('another one is not');
  }
  return log.join(', ');
}
