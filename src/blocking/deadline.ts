/** A `block()` that may run out of time, while it waits on the spot. */
export interface Limited {
  /** When its time is out, by the clock of `performance`. `Infinity`: never, or not any more. */
  readonly deadline: number;
  /** It may still run out of time: on a virtual clock, too, where it has no deadline. */
  readonly limited: boolean;
  /** The `block()` inside which it was begun. */
  readonly outer: Limited | undefined;
  /** Cancels what it waits for. */
  expire(): void;
}

// The innermost `block()` on the stack that has a limit, or is inside one that has.
let innermost: Limited | undefined;
// A leaf has left off, since time was out.
let cut = false;

/** Says which `block()` waits from here on; returns what was said before, to be put back. */
export function enterLimited(limited: Limited | undefined): Limited | undefined {
  const before = innermost;
  innermost = limited;
  return before;
}

/** The `block()` on the stack whose time is out first. */
function soonest(): Limited | undefined {
  let found = innermost;
  for (let each = innermost; each !== undefined; each = each.outer) {
    if (found !== undefined && each.deadline < found.deadline) {
      found = each;
    }
  }
  return found;
}

/** Whether what is waited for here may be cancelled, since time is out: then no leaf is waited for as code of a generator. */
export function isLimited(): boolean {
  let each = innermost;
  while (each !== undefined && !each.limited) {
    each = each.outer;
  }
  return each !== undefined;
}

/** How many ms a leaf may take that waits on the spot; `Infinity` where nobody has set a limit. */
export function timeLeft(): number {
  const deadline = soonest()?.deadline ?? Infinity;
  return deadline === Infinity ? Infinity : Math.max(0, deadline - performance.now());
}

/** A leaf has left off after {@link timeLeft}: what it returns or throws now is not looked at. */
export function cutShort(): void {
  cut = true;
}

/** A leaf has waited on the spot: whoever has run out of time meanwhile is told. */
export function checkTime(): void {
  const limited = soonest();
  if (
    limited !== undefined &&
    limited.deadline !== Infinity &&
    (cut || performance.now() >= limited.deadline)
  ) {
    cut = false;
    limited.expire();
  }
}
