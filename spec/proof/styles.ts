import type { DelayedResult, TamedCall } from '../../src/index.ts';
import type { Style } from './program.ts';

/** What code can wait for. */
export type Waited = TamedCall<unknown> | DelayedResult<unknown>;

/**
 * What a piece of code, or a block of it, does, whatever its style: it yields what it waits for, and goes on with its value.
 * A block returns what was given to `return()`, if that has ended it.
 */
export type Logic = Generator<unknown, unknown, unknown>;

/** What the logic of an async generator yields where that is to emit a value. */
export const EMIT = Symbol('emit');

/** What ends the logic of an async generator that is left between two values. */
const LEFT = Symbol('left');

/** How logic of a style waits: a coroutine leaves it to the library, the others to their own driver, below. */
export function wait(style: Style, waited: Waited): Iterable<unknown, unknown> {
  return style === 'coroutine' ? (waited as Iterable<unknown, unknown>) : effect(waited);
}

function* effect(waited: Waited): Generator<unknown, unknown, unknown> {
  return yield waited;
}

/** A function as a user would write it in that style: what it runs is `logic`. */
export function functionOf<A extends unknown[]>(
  style: Style,
  logic: (...args: A) => Logic,
): (...args: A) => unknown {
  switch (style) {
    case 'coroutine':
      return function* (...args) {
        return yield* logic(...args);
      };
    case 'async function':
      return async (...args) => {
        const running = logic(...args);
        return drive(running, running.next());
      };
    case 'async generator':
      return async function* (...args) {
        yield* iterate(logic(...args));
      };
  }
}

async function drive(logic: Logic, first: IteratorResult<unknown>): Promise<unknown> {
  let step = first;
  while (step.done !== true) {
    step = await advance(logic, step.value as Waited);
  }
  return step.value;
}

async function advance(logic: Logic, waited: Waited): Promise<IteratorResult<unknown>> {
  let value: unknown;
  try {
    value = await waited;
  } catch (error) {
    return logic.throw(error);
  }
  return logic.next(value);
}

/** Left where it emits, it runs the finally blocks of the logic. */
async function* iterate(logic: Logic): AsyncGenerator<unknown, void> {
  let step = logic.next();
  while (step.done !== true) {
    if (step.value !== EMIT) {
      step = await advance(logic, step.value as Waited);
      continue;
    }
    let left = true;
    try {
      yield 'value';
      left = false;
    } finally {
      if (left) {
        await drive(logic, logic.return(LEFT));
      }
    }
    step = logic.next();
  }
  yield step.value;
}
