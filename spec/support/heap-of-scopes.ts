import { fileURLToPath } from 'node:url';

import { run } from './child-process.ts';
import { compile } from './compile.ts';

/**
 * For programs that have a `ms()` to wait: the size of the heap, in bytes. Finalizers and the compiler hold some of it for a while,
 * so the least of several sizes counts.
 */
export const measureHeap = `
const heap = async () => {
  const sizes = [];
  for (let i = 0; i < 10; i++) {
    await ms(2);
    gc();
    sizes.push(process.memoryUsage().heapUsed);
  }
  return Math.min(...sizes);
};
`;

/** Prints how many bytes the heap has grown from the first fifth of so many scopes to the last. */
const program = `
import { AsyncScope, concurrently, tamed } from 'async-tamer';
const ms = (n = 0) => new Promise((resolve) => setTimeout(resolve, n));
const leaf = tamed({ sync: () => 1, async: () => Promise.resolve(1) });
${measureHeap}const empty = async (count) => {
  for (let i = 0; i < count; i++) await new AsyncScope().close();
};
const runs = async (count) => {
  for (let i = 0; i < count; i++) await AsyncScope.run((scope) => { scope.start(leaf()); });
};
const parent = new AsyncScope();
const nested = async (count) => {
  for (let i = 0; i < count; i++) {
    const scope = new AsyncScope({ parent });
    scope.start(leaf());
    await scope.close();
  }
};
// One call that lives long, and whose code makes them all.
const made = tamed(function* (count, sizes) {
  for (let i = 1; i <= count; i++) {
    const scope = new AsyncScope();
    scope.start(leaf());
    yield* scope.close();
    yield* AsyncScope.run(function* () {});
    if (i % 100 === 0) {
      yield* tamed.from(ms()); // Until here the engine keeps whatever a \`WeakRef\` was made of.
    }
    if (i === count / 5 || i === count) {
      sizes.push(yield* tamed.from(heap()));
    }
  }
});
// One call that lives long, with a call for each row.
const rows = async (count, sizes) => {
  const source = async function* () {
    for (let i = 1; i <= count; i++) {
      yield i;
      if (i === count / 5 || i === count) {
        sizes.push(await heap());
      }
    }
  };
  const work = async (i) => { await null; return i; };
  await concurrently(source(), work, { concurrency: 8 });
};
const [kind, count] = [process.argv[2], Number(process.argv[3])];
const sizes = [];
if (kind === 'made' || kind === 'rows') {
  await { made, rows }[kind](count, sizes);
} else {
  const open = { empty, runs, nested }[kind];
  await open(count / 5);
  sizes.push(await heap());
  await open((count / 5) * 4);
  sizes.push(await heap());
}
console.log(sizes[1] - sizes[0], parent.size);
`;

/** The kinds of scopes, by the names that the program has for them. */
export const kindsOfScopes = {
  empty: 'scopes opened and closed',
  runs: 'runs with a child',
  nested: 'scopes with a child, nested in one that lives on',
  made: 'scopes with a child, and as many runs, made by one call that lives on',
  rows: 'rows of one concurrently()',
} as const;

/** How many bytes the heap grows from the first fifth of `count` scopes to the last. */
export async function heapGrowth(kind: string, count: number, timeoutMs?: number): Promise<number> {
  const programs = compile('heap-of-scopes', new Map([['heap-of-scopes.ts', program]]));
  const file = fileURLToPath(programs.get('heap-of-scopes.ts')!);
  const { stdout, stderr } = await run(
    ['--expose-gc', file, kind, String(count)],
    timeoutMs === undefined ? {} : { timeoutMs },
  );
  expect(stderr).toBe('');
  return Number(stdout.split(' ')[0]);
}

/** Prints, for each kind, how many bytes a child holds that waits for a promise, without that promise. */
const programOfWaiting = `
import { from } from 'rxjs';
import { AsyncScope, tamed } from 'async-tamer';
const ms = (n = 0) => new Promise((resolve) => setTimeout(resolve, n));
${measureHeap}const children = {
  coroutine: tamed(function* (promise) { return yield* tamed.from(promise); }),
  Observable: from,
};
const pending = (count) => Array.from({ length: count }, () => new Promise(() => {}));
const start = (child, promises) => {
  const scope = new AsyncScope();
  promises.forEach((promise) => scope.start(child(promise)));
  return scope;
};
const count = Number(process.argv[2]);
const bytes = {};
const kept = []; // What is given back in between would count, too.
for (const [kind, child] of Object.entries(children)) {
  kept.push(start(child, pending(1_000))); // Whatever is made once, and code.
  const promises = pending(count);
  const before = await heap();
  kept.push(start(child, promises));
  bytes[kind] = (await heap() - before) / count;
  if (kept.at(-1).size !== promises.length) throw new Error('They must wait.');
}
console.log(JSON.stringify(bytes));
process.exit();
`;

/** For each kind, how many bytes one of `count` children holds that wait for a promise. */
export async function heapOfWaiting(
  count: number,
  timeoutMs: number,
): Promise<Readonly<Record<string, number>>> {
  const programs = compile('heap-of-waiting', new Map([['heap-of-waiting.ts', programOfWaiting]]));
  const file = fileURLToPath(programs.get('heap-of-waiting.ts')!);
  const { stdout, stderr } = await run(['--expose-gc', file, String(count)], { timeoutMs });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Record<string, number>;
}
