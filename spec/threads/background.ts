// Leaves something running when a call has ended.

export function crashLater(cells: Int32Array): string {
  setTimeout(() => {
    Atomics.store(cells, 0, 1);
    throw new RangeError('in the background');
  });
  return 'ended';
}

export function beat(cells: Int32Array): void {
  setInterval(() => Atomics.add(cells, 0, 1), 1);
}

export const add = (a: number, b: number): number => a + b;
