// A program and its threads in TypeScript: see typescript.spec.ts.
import { threads } from 'async-tamer/threads';

import type * as Work from './work.ts';

const work = threads<typeof Work>(new URL('./work.ts', import.meta.url));
const sums: number[] = [await work.add(1, 2), work.double(3).block()];
console.log(sums);
await work[Symbol.asyncDispose]();
