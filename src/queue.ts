import { enter, inLibrary, LIBRARY } from './current.ts';

/** Something whose turn comes through {@link enqueue}. */
export interface Ready {
  proceed(): void;
}

/** Decides when the coroutines under a `block()` have their turn. */
export interface Agenda {
  later(next: Ready): void;
}

// What can go on, in order. One queue and one loop in place of recursion, so that depth costs no stack.
const ready: Ready[] = [];
let head = 0;

/** Lets `next` go on: at once, or, where the library is on top of the stack already, when that returns. */
export function enqueue(next: Ready): void {
  ready.push(next);
  if (!inLibrary()) {
    drain();
  }
}

// What goes on when nothing else can.
const last: Ready[] = [];

/** Lets `next` go on when everything that is ready, and that makes ready, has come to where it waits. */
export function enqueueLast(next: Ready): void {
  last.push(next);
  if (!inLibrary()) {
    drain();
  }
}

/** Lets go on whatever can, though library code further down the stack has not come back to it: that is blocked. */
export function runReady(): void {
  if (ready.length + last.length > 0) {
    drain();
  }
}

function drain(): void {
  const outer = enter(LIBRARY);
  try {
    for (let next = nextReady(); next !== undefined; next = nextReady()) {
      next.proceed();
    }
  } finally {
    enter(outer);
  }
}

function nextReady(): Ready | undefined {
  const next = ready[head];
  if (next !== undefined) {
    head++;
    return next;
  }
  ready.length = 0;
  head = 0;
  return last.shift();
}
