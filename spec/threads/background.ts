// Leaves something running when a call has ended.

/** Crashes when the second cell says so: when whoever has called it knows that it has ended. The first one tells. */
export function crashLater(cells: Int32Array): string {
  setInterval(() => {
    if (Atomics.load(cells, 1) === 1) {
      Atomics.store(cells, 0, 1);
      throw new RangeError('in the background');
    }
  }, 1);
  return 'ended';
}

export function beat(cells: Int32Array): void {
  setInterval(() => Atomics.add(cells, 0, 1), 1);
}

export const add = (a: number, b: number): number => a + b;
