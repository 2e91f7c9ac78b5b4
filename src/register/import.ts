import { evaluateEntry } from './preload.ts';

// The preload for `node --import async-tamer/register main.mjs`. Node evaluates what is imported in a microtask, where nothing
// can block. So the entry is evaluated in a macrotask, and Node waits for that.
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
