import { enter, inLibrary, LIBRARY } from './current-call.ts';

/** Something that goes on when its turn comes: see {@link enqueue}. */
export interface Ready {
  proceed(): void;
}

/** What a `block()` is for the calls under it. */
export interface Agenda {
  /** Lets a coroutine go on when it is its turn. */
  later(next: Ready): void;
  /**
   * `wait` is about to begin. If it cannot settle before other code has had its turn, and `block()` cannot wait for that here,
   * everything is cancelled now. The caller looks afterwards whether it is cancelled: then the wait is not begun.
   */
  foresee(wait: Foreseeable): void;
}

/** Something for which code is about to wait. */
export interface Foreseeable {
  /** It cannot settle before other code has had its turn. */
  readonly asynchronous?: boolean;
}

/** How many slots of an empty queue are kept. */
const MOST_ROOM = 1024;

/** What can go on, in order. One queue and one loop take the place of recursion, so that depth costs no stack. */
class Turn {
  // The ready ones are those from head to tail. The slots are kept: an array without any allocates 150 bytes for its first
  // member, and a child that waits once would cause that three times.
  readonly #ready: (Ready | undefined)[] = [];
  #head = 0;
  #tail = 0;
  // These go on when nothing else can.
  readonly #last: Ready[] = [];

  add(next: Ready): void {
    this.#ready[this.#tail++] = next;
  }

  addLast(next: Ready): void {
    this.#last.push(next);
  }

  run(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      next.proceed();
    }
  }

  #next(): Ready | undefined {
    if (this.#head < this.#tail) {
      const next = this.#ready[this.#head];
      this.#ready[this.#head++] = undefined; // The slot is kept, but not what was in it.
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

// One turn for each time that user code, run by the library, has called the library again; the last one is on top. What a call
// begins is done when the call returns. What is ready in the turns below waits until then, since the user code does not expect
// it.
const turns: Turn[] = [];
let depth = 0;

/** Lets `next` go on: at once, or, where the library is on top of the stack already, when control returns to its loop. */
export function enqueue(next: Ready): void {
  const turn = openTurn();
  if (turn === undefined) {
    takeTurn(next);
  } else {
    turn.add(next);
  }
}

/** Lets `next` go on after everything that is ready, or becomes ready meanwhile, has run up to where it waits. */
export function enqueueLast(next: Ready): void {
  const turn = openTurn();
  if (turn === undefined) {
    takeTurn(next); // Nothing else is ready.
  } else {
    turn.addLast(next);
  }
}

/** Lets `next` go on here, as library code: what it makes ready goes on after it has returned. */
export function together(next: Ready): void {
  if (openTurn() !== undefined) {
    next.proceed();
  } else {
    takeTurn(next);
  }
}

/** Library code is on top of the stack from here on: `first`, and then what that makes ready. */
function takeTurn(first: Ready): void {
  const turn = (turns[depth] ??= new Turn());
  const outer = enter(LIBRARY);
  depth++;
  try {
    first.proceed();
    turn.run();
  } finally {
    depth--;
    enter(outer);
  }
}

/** Runs everything that is ready in the turns below. Their own loops cannot: what blocks on top of them keeps them waiting. */
export function runReady(): void {
  if (depth === 0) {
    return;
  }
  const outer = enter(LIBRARY);
  try {
    turns.slice(0, depth).forEach((turn) => turn.run());
  } finally {
    enter(outer);
  }
}

/** The turn that is running, if the library is on top of the stack. */
function openTurn(): Turn | undefined {
  return inLibrary() ? turns[depth - 1] : undefined;
}

/** A level takes some 2 kB of a stack of 1 MB, besides what the code of the user takes. */
const DEEPEST = 100;

/** What goes on inside of its like, level by level, such as the begin of a child that starts the next child. */
class Levels {
  #depth = 0;
  // What waits until those that go on, one inside the other, have returned.
  readonly #late: Ready[] = [];
  #next = 0;

  /**
   * Lets `next` go on here. If too many do so already, one inside the other, it goes on when the outermost of these is about to
   * return. Returns whether it has gone on here.
   */
  enter(next: Ready): boolean {
    if (this.#depth === DEEPEST) {
      this.#late.push(next);
      return false;
    }
    this.#depth++;
    try {
      next.proceed();
      if (this.#depth === 1) {
        this.#runLate();
      }
    } finally {
      this.#depth--;
    }
    return true;
  }

  // What it runs may block, and by that run the rest.
  #runLate(): void {
    while (this.#next < this.#late.length) {
      this.#late[this.#next++]?.proceed();
    }
    this.#late.length = 0;
    this.#next = 0;
  }

  /** Runs `block`, which blocks inside of what goes on. That cannot return before `block` does. */
  outside<R>(block: () => R): R {
    const outer = this.#depth;
    this.#depth = 1; // For what is late.
    try {
      this.#runLate();
      this.#depth = 0;
      return block();
    } finally {
      this.#depth = outer;
    }
  }
}

/** The calls that begin. */
export const begins = new Levels();
/** The scopes that are cancelled with the calls that made them. */
export const cancels = new Levels();
