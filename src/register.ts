import { evaluateEntry } from './preload.ts';

// The preload, for `node -r async-tamer/register main.mjs`: see "Blocking" in the README.
evaluateEntry('-r');
