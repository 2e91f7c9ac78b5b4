import { clock, count } from './words.ts';

/** From times to pixels, along the axis. */
export class Scale {
  readonly left: number;
  readonly right: number;
  readonly from: number;
  readonly to: number;

  constructor(left: number, right: number, from: number, to: number) {
    this.left = left;
    this.right = right;
    this.from = from;
    this.to = Math.max(to, from + 1);
  }

  x(time: number): number {
    return this.left + ((this.right - this.left) * (time - this.from)) / (this.to - this.from);
  }

  /** Round times, at most one in so many pixels. */
  ticks(apart: number): { readonly x: number; readonly label: string }[] {
    const span = this.to - this.from;
    const least = (span * apart) / (this.right - this.left);
    const step = STEPS.find((each) => each >= least) ?? 3_600_000 * roundUp(least / 3_600_000);
    const ticks = Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => index * step);
    return ticks.map((time) => ({ x: this.x(this.from + time), label: labelFor(time, step, span) }));
  }
}

// RxJS's clock tells whole ms only.
const STEPS = [1, 10, 100]
  .flatMap((power) => [1, 2, 5].map((digit) => digit * power))
  .concat([1, 2, 5, 10, 20, 30].map((seconds) => seconds * 1000))
  .concat([1, 2, 5, 10, 20, 30, 60].map((minutes) => minutes * 60_000));

/** All ticks of a scale have one unit. */
function labelFor(time: number, step: number, span: number): string {
  if (time === 0) {
    return '0';
  }
  if (span >= 60_000) {
    return clock(time);
  }
  return span >= 1000 && step % 100 === 0 ? `${time / 1000} s` : `${count(time)} ms`;
}

/** To 1, 2 or 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5].find((digit) => digit * power >= value) ?? 10) * power;
}
