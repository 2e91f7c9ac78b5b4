// A clock that waits for those who are late. Specs and programs of the documentation have timers that race: one sleeps 1 ms twice,
// another 20 ms once. Where this process gets no time for a while, all are due, and the second may run first. Here timers run in
// the order of the times that they are for, each when all has been done that follows from those before it; and what happens in
// one turn of the event loop happens at one time. No timer is early.
import { AsyncResource } from 'node:async_hooks';
import { promisify } from 'node:util';

const { setTimeout: startTimer, clearTimeout: stopTimer, setImmediate: soon } = globalThis;

/** Those that have not run yet, by their times. */
const pending = [];
let made = 0;
/** The time in which something happens; undefined until it is asked for in this turn of the event loop. */
let now;
let isRunning = false;

/** It stands still while a timer is late. */
function time() {
  if (now === undefined) {
    now = Math.min(performance.now(), pending[0]?.due ?? Infinity);
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
    this.#leave();
    this.isDue = false;
    this.due = time() + this.#ms;
    this.place = ++made;
    this.#real = startTimer(() => {
      this.isDue = true;
      runNext();
    }, this.#ms);
    if (!this.#hasRef) this.#real.unref();
    pending.splice(placeOf(this), 0, this);
    return this;
  }

  run() {
    if (this.#repeats) {
      this.refresh();
    } else {
      this.#leave();
    }
    this.#run();
  }

  close() {
    this.#leave();
    if (this.isDue) startTimer(runNext);
    return this;
  }

  #leave() {
    stopTimer(this.#real);
    const place = placeOf(this);
    if (pending[place] === this) pending.splice(place, 1);
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

/** Where it stands among those that are pending, or would stand. */
function placeOf({ due, place }) {
  let from = 0;
  for (let to = pending.length; from < to;) {
    const middle = (from + to) >>> 1;
    const other = pending[middle];
    if (other.due < due || (other.due === due && other.place < place)) from = middle + 1;
    else to = middle;
  }
  return from;
}

function runNext() {
  if (isRunning) return;
  const first = pending.find((timer) => !timer.isIdle);
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
