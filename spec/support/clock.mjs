// A clock that waits for those who are late. Specs and programs of the documentation have timers that race: one sleeps 1 ms twice,
// another 20 ms once. Where this process gets no time for a while, all are due, and the second may run first. Here timers run in
// the order of the times that they are for, each when all has been done that follows from those before it; and what happens in
// one turn of the event loop happens at one time. No timer is early.
import { AsyncResource } from 'node:async_hooks';
import { promisify } from 'node:util';

const { setTimeout: startTimer, clearTimeout: stopTimer, setImmediate: soon } = globalThis;

/** Those that have not run yet. */
const pending = new Set();
let made = 0;
/** The time in which something happens; undefined until it is asked for in this turn of the event loop. */
let now;
let isRunning = false;

/** It stands still while a timer is late. */
function time() {
  if (now === undefined) {
    now = Math.min(performance.now(), ...Array.from(pending, ({ due }) => due));
    soon(() => {
      if (!isRunning) now = undefined;
    }).unref();
  }
  return now;
}

class Timer {
  #run;
  #ms;
  #repeats;
  #real;
  #hasRef = true;

  constructor(run, ms, repeats) {
    this.#run = AsyncResource.bind(run);
    this.#ms = ms >= 1 && ms < 2 ** 31 ? ms : 1;
    this.#repeats = repeats;
    this.refresh();
  }

  refresh() {
    stopTimer(this.#real);
    this.isDue = false;
    this.due = time() + this.#ms;
    this.place = ++made;
    this.#real = startTimer(() => {
      this.isDue = true;
      runNext();
    }, this.#ms);
    if (!this.#hasRef) this.#real.unref();
    pending.add(this);
    return this;
  }

  run() {
    if (this.#repeats) {
      this.refresh();
    } else {
      pending.delete(this);
    }
    this.#run();
  }

  close() {
    stopTimer(this.#real);
    pending.delete(this);
    if (this.isDue) startTimer(runNext);
    return this;
  }

  /** Nobody waits for it. */
  get isIdle() {
    return !this.#hasRef && !this.isDue;
  }

  ref() {
    this.#hasRef = true;
    this.#real.ref();
    return this;
  }

  unref() {
    this.#hasRef = false;
    this.#real.unref();
    return this;
  }

  hasRef() {
    return this.#hasRef;
  }

  [Symbol.toPrimitive]() {
    return this.place;
  }

  [Symbol.dispose ?? Symbol()]() {
    this.close();
  }
}

function runNext() {
  if (isRunning) return;
  const [first] = Array.from(pending)
    .filter((timer) => !timer.isIdle)
    .sort((one, other) => one.due - other.due || one.place - other.place);
  if (first === undefined || !first.isDue) return; // It comes back when that is due.
  isRunning = true;
  now = first.due;
  // When what follows from it at once has been done.
  soon(() => {
    isRunning = false;
    now = undefined;
    startTimer(runNext); // What may be done in a timer, such as to block, may not be done here.
  });
  first.run();
}

function clear(timer) {
  if (timer instanceof Timer) timer.close();
  else stopTimer(timer);
}

const start =
  (repeats) =>
  (run, ms, ...args) =>
    new Timer(() => run(...args), Number(ms), repeats);

globalThis.setTimeout = start(false);
globalThis.setInterval = start(true);
globalThis.clearTimeout = globalThis.clearInterval = clear;
globalThis.setTimeout[promisify.custom] = (ms, value) =>
  new Promise((resolve) => globalThis.setTimeout(resolve, ms, value));
