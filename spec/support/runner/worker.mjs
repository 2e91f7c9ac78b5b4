// Runs spec files in a process of their own: worker.mjs '{"files":[…],"filter":"…","seed":"…"}'
import '../ts-node.mjs';

// When garbage is collected is nobody's promise: a scope that one spec drops must not report into another. What is dropped
// is specified in processes of its own.
globalThis.FinalizationRegistry = class {
  register() {}
  unregister() {}
};

const { work } = await import('./work.ts');
await work(JSON.parse(process.argv[2]));
