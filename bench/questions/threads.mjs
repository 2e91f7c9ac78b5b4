// What does a call cost that runs in a thread and answers at once: blocking, and awaited?
import { moduleOf } from '../dist.mjs';

const echo = new URL('../workers/echo.mjs', import.meta.url);

export const question = {
  title: 'A call that runs in a thread, one after the other',
  unit: 'µs a call',
  kind: 'time',
  sizes: [10_000],
  chartSize: 10_000,
  base: 'synckit',
  cases: {
    'async-tamer block()': {
      own: true,
      async make() {
        const work = await threads();
        return { run: (count) => blocking(count, (index) => work.echo(index).block()) };
      },
    },
    'async-tamer, awaited': {
      own: true,
      async make() {
        const work = await threads();
        return { run: (count) => awaiting(count, (index) => work.echo(index)) };
      },
    },
    synckit: {
      async make() {
        const { createSyncFn } = await import('synckit');
        const call = createSyncFn(new URL('../workers/synckit.mjs', import.meta.url));
        return { run: (count) => blocking(count, call) };
      },
    },
    'Piscina, awaited': {
      async make() {
        const { default: Piscina } = await import('piscina');
        const pool = new Piscina({ filename: echo.href, maxThreads: 1 });
        return { run: (count) => awaiting(count, (index) => pool.run(index)) };
      },
    },
  },
};

async function threads() {
  const module = await import(moduleOf('threads/index.js'));
  return module.threads(echo, { maxThreads: 1 });
}

function blocking(count, call) {
  for (let index = 0; index < count; index++) {
    check(call(index), index);
  }
}

async function awaiting(count, call) {
  for (let index = 0; index < count; index++) {
    check(await call(index), index);
  }
}

function check(value, index) {
  if (value !== index) {
    throw new Error(`Call ${index} answered ${value}.`);
  }
}
