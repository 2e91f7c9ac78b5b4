import { threads } from 'async-tamer/threads';

// Not closed: idle threads end by themselves, and keep no process alive.
const work = threads(new URL('work.mjs', import.meta.url), { idleTimeout: 600_000 });
console.log(await work.add(1, 2), work.add(3, 4).block());
