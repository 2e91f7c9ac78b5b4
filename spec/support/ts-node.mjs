// Lets Node run TypeScript: node --import ./spec/support/ts-node.mjs program.ts
import { register } from 'node:module';

import { compileAll } from './compile-all.mjs';

compileAll();

// What Node 26 would rather have, hooks in this thread, Node 20 does not offer, and ts-node patches the thread it is in.
const { noDeprecation } = process;
process.noDeprecation = true;
register('./ts-node-hooks.mjs', import.meta.url);
process.noDeprecation = noDeprecation;

// Node maps stacks itself, by the source maps that ts-node writes into its output.
process.setSourceMapsEnabled(true);
