/** A `block()` that may run out of time, while it waits on the spot. */
export interface Limited {
  /** The time at which its limit is over, by the clock of `performance`. `Infinity`: never, or no longer. */
  readonly deadline: number;
  /** Whether it may still run out of time. On a virtual clock, too, where it has no deadline. */
  readonly limited: boolean;
  /** The `block()` around it. */
  readonly outer: Limited | undefined;
  /** Cancels the call that it waits for. */
  expire(): void;
}

// The innermost `block()` on the stack that has a limit, or is inside one with a limit.
let innermost: Limited | undefined;
// A leaf has stopped waiting, since time was out.
let cut = false;

/** Sets the `block()` that waits from here on. Returns the one that was set before; the caller puts it back. */
export function enterLimited(limited: Limited | undefined): Limited | undefined {
  const before = innermost;
  innermost = limited;
  return before;
}

/** The `block()` on the stack whose time is over first. */
function soonest(): Limited | undefined {
  let found = innermost;
  for (let each = innermost; each !== undefined; each = each.outer) {
    if (found !== undefined && each.deadline < found.deadline) {
      found = each;
    }
  }
  return found;
}

/** Whether the awaited call may be cancelled when time is out. Then no leaf is waited for as code of a generator. */
export function isLimited(): boolean {
  let each = innermost;
  while (each !== undefined && !each.limited) {
    each = each.outer;
  }
  return each !== undefined;
}

/** How many ms a leaf may wait on the spot; `Infinity` if no `block()` has a limit. */
export function timeLeft(): number {
  const deadline = soonest()?.deadline ?? Infinity;
  return deadline === Infinity ? Infinity : Math.max(0, deadline - performance.now());
}

/** A leaf has stopped waiting after {@link timeLeft}. Its value or error is ignored now. */
export function cutShort(): void {
  cut = true;
}

/** A leaf has waited on the spot. Tells the code that has run out of time meanwhile. */
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
