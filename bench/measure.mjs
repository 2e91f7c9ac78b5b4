// Takes one sample, in a process of its own: node --expose-gc bench/measure.mjs QUESTION CASE SIZE CLOCK WARM_MS MEASURE_MS
// Prints it: µs for each of SIZE, the bytes of each, the kB that all hold, the ms that an import takes, or what a case of kind
// 'ratio' has compared itself.
const [name, label, sizeText, clockName, warmText, measureText] = process.argv.slice(2);
const size = Number(sizeText);
const { question } = await import(`./questions/${name}.mjs`);
const clocks = { cpu: cpuTime, wall: () => performance.now() };
const clock = clocks[question.clock ?? clockName];

/** Beyond these, a warm-up takes long and warms up nothing more. */
const MOST_TO_WARM_UP = 10_000;

/** The ms that this process has computed, on all of its threads. What else the machine does meanwhile does not count. */
function cpuTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Runs until that has taken `ms`, or, with what comes before and after it, ten times that. The µs for each of `count`; `others` is what
 * other processes have computed for it.
 */
async function timed({ before, run, after, others = () => 0 }, count, ms) {
  const now = clock === cpuTime ? () => clock() + others() : clock;
  let total = 0;
  let runs = 0;
  const begin = now();
  do {
    const state = await before?.(count);
    const start = now();
    await run(count, state);
    total += now() - start;
    runs++;
    await after?.(state);
  } while (total < ms && now() - begin < 10 * ms);
  return (total / runs / count) * 1000;
}

/** The bytes that each of `count` holds on to, beside what `wait` gives it to wait for. */
async function heapOf({ run }, count) {
  const warm = await run(1000, pending(1000)); // Whatever is made once, and code.
  const waits = pending(count);
  const before = await heapUsed();
  const held = await run(count, waits);
  const after = await heapUsed();
  if (held === undefined || warm === undefined || waits.length !== count) {
    throw new Error(`${name}: ${label} must return what holds the children.`);
  }
  return (after - before) / count;
}

/** The kB that are held when `run` says so, near its end; at least one, since ratios are asked for. */
async function heldBy({ run }, count) {
  await run(1000, heapUsed); // Whatever is made once, and code.
  const before = await heapUsed();
  let held = 0;
  await run(count, async () => {
    held = (await heapUsed()) - before;
  });
  return Math.max(1, held / 1000);
}

function pending(count) {
  return Array.from({ length: count }, () => new Promise(() => {}));
}

async function heapUsed() {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 10)); // What registries of finalizers and timers still hold.
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}

const measures = {
  async time() {
    const made = await question.cases[label].make();
    const few = Math.min(size, MOST_TO_WARM_UP);
    await timed(made, few, Number(warmText));
    globalThis.gc();
    await timed(made, few, 0); // V8 drops what it has compiled for objects that are gone: the next run costs several times as much.
    return timed(made, size, Number(measureText));
  },
  async ratio() {
    const { run } = await question.cases[label].make();
    await run(Math.ceil(size / 10));
    return run(size);
  },
  async heap() {
    return heapOf(await question.cases[label].make(), size);
  },
  async held() {
    return heldBy(await question.cases[label].make(), size);
  },
  async import() {
    const { specifier } = question.cases[label];
    const start = clock();
    await import(specifier);
    return clock() - start;
  },
};
console.log(JSON.stringify(await measures[question.kind]()));
process.exit(); // Some children wait for ever.
