'use strict';
// A clock that waits for those who are late. Specs and programs of the documentation have timers that race: one sleeps 1 ms twice,
// another 20 ms once. Where this process gets no time for a while, all are due, and the second may run first. Here timers run in
// the order of the times that they are for, each when all has been done that follows from those before it; and what happens in
// one turn of the event loop happens at one time. No timer is early. It runs in Node, and in a page: there before zone.js, so that
// zones see the same timers as specs do.

const { setTimeout: startTimer, clearTimeout: stopTimer, setImmediate: soon = nextMessage() } = globalThis;
/** Also while a spec has another one in its place. */
const realNow = performance.now.bind(performance);
const builtin = globalThis.process?.getBuiltinModule;
const bind = builtin?.('node:async_hooks').AsyncResource.bind ?? ((run) => run);

/** What a page has in the place of setImmediate(). */
function nextMessage() {
  const { port1, port2 } = new globalThis.MessageChannel();
  const waiting = [];
  port1.onmessage = () => waiting.shift()();
  return (run) => {
    waiting.push(run);
    port2.postMessage(undefined);
  };
}

/** Those that have not run yet, by their times. */
const pending = [];
/** Those of a page by their numbers: a page gets a number for a timer. */
const numbered = new Map();
let made = 0;
/** How many of those that have not run yet are due. */
let late = 0;
/** The time in which something happens; undefined until it is asked for in this turn of the event loop. */
let now;
let isRunning = false;

/** It stands still while a timer is late. */
function time() {
  if (now === undefined) {
    now = Math.min(realNow(), pending[0]?.due ?? Infinity);
    soon(() => {
      if (!isRunning) now = undefined;
    })?.unref();
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
    this.#run = bind(run);
    this.#ms = ms >= 1 && ms < 2 ** 31 ? ms : 1;
    this.#repeats = repeats;
    this.refresh();
  }

  refresh() {
    this.#leave();
    this.isDue = false;
    this.due = time() + this.#ms;
    this.place = ++made;
    this.#begin(realNow() + this.#ms);
    this.id ??= this.#real;
    if (typeof this.id === 'number') numbered.set(this.id, this);
    pending.splice(placeOf(this), 0, this);
    return this;
  }

  /** Node counts from where this turn of the event loop began, so its timers may be early. */
  #begin(end) {
    this.#real = startTimer(
      () => {
        if (realNow() < end) return this.#begin(end);
        this.isDue = true;
        late++;
        runNext();
      },
      Math.max(1, Math.ceil(end - realNow())), // It may be over: Node warns of negative times.
    );
    if (!this.#hasRef) this.#real.unref();
  }

  /** As everywhere, an interval begins anew after its callback: one that blocks does not fall due inside of itself. */
  run() {
    this.#leave();
    if (!this.#repeats) numbered.delete(this.id);
    try {
      this.#run();
    } finally {
      if (this.#repeats) this.refresh();
    }
  }

  close() {
    this.#repeats = false;
    this.#leave();
    numbered.delete(this.id);
    return this;
  }

  #leave() {
    stopTimer(this.#real);
    const place = placeOf(this);
    if (pending[place] === this) {
      pending.splice(place, 1);
      if (this.isDue) late--;
    }
    wake();
  }

  /** Another one waits for it. */
  hold() {
    if (!this.#hasRef) this.#real.ref();
  }

  ref() {
    this.#hasRef = true;
    this.#real.ref();
    return this;
  }

  unref() {
    this.#hasRef = false;
    this.#real.unref();
    wake();
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

/** Those that have waited for one that is gone come to run. One that is to keep nothing alive is still held for those that wait. */
function wake() {
  if (!isRunning && late > 0) startTimer(runNext);
}

function runNext() {
  if (isRunning || late === 0) return;
  const [first] = pending;
  if (!first.isDue) return first.hold(); // It comes back when that is due.
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
  const found = timer instanceof Timer ? timer : numbered.get(timer);
  if (found === undefined) stopTimer(timer);
  else found.close();
}

const start =
  (repeats) =>
  (run, ms, ...args) => {
    const timer = new Timer(() => run(...args), Number(ms), repeats);
    return typeof timer.id === 'number' ? timer.id : timer;
  };

globalThis.setTimeout = start(false);
globalThis.setInterval = start(true);
globalThis.clearTimeout = globalThis.clearInterval = clear;
globalThis.AbortSignal.timeout = (ms) => {
  const controller = new globalThis.AbortController();
  const timer = globalThis.setTimeout(() => {
    controller.abort(new globalThis.DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  }, ms);
  timer.unref?.();
  return controller.signal;
};
if (builtin !== undefined) {
  globalThis.setTimeout[builtin('node:util').promisify.custom] = (ms, value) =>
    new Promise((resolve) => globalThis.setTimeout(resolve, ms, value));
}
