// Lets Node run TypeScript: node --import ./spec/support/ts-node.mjs program.ts
import { register } from 'node:module';

register('ts-node/esm', import.meta.url);

// ts-node maps stacks in the thread of its loader only; the maps it inlines are for Node to apply here.
process.setSourceMapsEnabled(true);
