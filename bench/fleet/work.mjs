// What runs on a fleet, for async-tamer and for BullMQ: an ordinary module.
import { pbkdf2Sync } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';

export const echo = (value) => value;

/** Computes for 10 ms or a little longer. */
export const compute = () => pbkdf2Sync('a', 'b', 22_000, 32, 'sha512').length;

export const wait = (ms) => setTimeout(ms, ms);

export async function* numbers(count) {
  for (let index = 0; index < count; index++) {
    yield index;
  }
}
