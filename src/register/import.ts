import { evaluateEntry } from './preload.ts';

// The preload, for `node --import async-tamer/register main.mjs`. What is imported is evaluated in a microtask, in which
// nothing can block; so the entry is evaluated in a macrotask, for which Node waits.
await new Promise<void>((resolve, reject: (error: unknown) => void) => {
  setTimeout(() => {
    try {
      evaluateEntry('--import');
      resolve();
    } catch (error) {
      reject(error);
    }
  });
});
