// A program and its threads in TypeScript: see typescript.spec.ts.
import { threads } from 'async-tamer/threads';
// eslint-disable-next-line @typescript-eslint/consistent-type-imports -- as users write it
const work = threads<typeof import('./work.ts')>(new URL('./work.ts', import.meta.url));
const sums: number[] = [await work.add(1, 2), work.double(3).block()];
console.log(sums);
await work[Symbol.asyncDispose]();
