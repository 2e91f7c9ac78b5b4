import { enter, inLibrary, LIBRARY } from './current-call.ts';

/** Something whose turn comes through {@link enqueue}. */
export interface Ready {
  proceed(): void;
}

/** Decides when the coroutines under a `block()` have their turn. */
export interface Agenda {
  later(next: Ready): void;
}

/** So many places of a queue are kept when it is empty. */
const MOST_ROOM = 1024;

/** What can go on, in order. One queue and one loop in place of recursion, so that depth costs no stack. */
class Turn {
  // Those from head to tail. The room around them is kept: an array that begins with none allocates 150 bytes for its first
  // member, and a child that waits once would cause that three times.
  readonly #ready: (Ready | undefined)[] = [];
  #head = 0;
  #tail = 0;
  // What goes on when nothing else can.
  readonly #last: Ready[] = [];

  add(next: Ready): void {
    this.#ready[this.#tail++] = next;
  }

  addLast(next: Ready): void {
    this.#last.push(next);
  }

  run(): void {
    const outer = enter(LIBRARY);
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next()) {
        next.proceed();
      }
    } finally {
      enter(outer);
    }
  }

  #next(): Ready | undefined {
    if (this.#head < this.#tail) {
      const next = this.#ready[this.#head];
      this.#ready[this.#head++] = undefined; // It may be large, and the room is kept.
      return next;
    }
    this.#head = 0;
    this.#tail = 0;
    if (this.#ready.length > MOST_ROOM) {
      this.#ready.length = 0;
    }
    return this.#last.shift();
  }
}

// One for each time that somebody's code, run by the library, has called the library, the last on top: what a call begins
// is done when it returns, but nothing that is ready around it is done meanwhile, where nobody expects it.
const turns: Turn[] = [];
let depth = 0;

/** Lets `next` go on: at once, or, where the library is on top of the stack already, when that returns. */
export function enqueue(next: Ready): void {
  const turn = openTurn();
  if (turn === undefined) {
    const own = nextTurn();
    own.add(next);
    take(own);
  } else {
    turn.add(next);
  }
}

/** Lets `next` go on when everything that is ready, and that makes ready, has come to where it waits. */
export function enqueueLast(next: Ready): void {
  const turn = openTurn();
  if (turn === undefined) {
    together(() => enqueueLast(next));
  } else {
    turn.addLast(next);
  }
}

/** Runs `fn` as the library: what it makes ready goes on when it has returned. */
export function together(fn: () => void): void {
  if (openTurn() !== undefined) {
    fn();
  } else {
    take(nextTurn(), fn);
  }
}

/** The turn of library code that is about to be on top of the stack. */
function nextTurn(): Turn {
  return (turns[depth] ??= new Turn());
}

/** Runs what is in there, and before that `fn`, which may add to it. */
function take(turn: Turn, fn?: () => void): void {
  const outer = enter(LIBRARY);
  depth++;
  try {
    fn?.();
    turn.run();
  } finally {
    depth--;
    enter(outer);
  }
}

/** Lets go on whatever can, though library code further down the stack has not come back to it: that is blocked. */
export function runReady(): void {
  if (depth > 0) {
    turns.slice(0, depth).forEach((turn) => turn.run());
  }
}

/** The turn that is taken just now, if the library is on top of the stack. */
function openTurn(): Turn | undefined {
  return inLibrary() ? turns[depth - 1] : undefined;
}
