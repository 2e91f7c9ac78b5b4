// Leaves something running when a call has ended.

export function crashLater(ms: number): string {
  setTimeout(() => {
    throw new RangeError('in the background');
  }, ms);
  return 'ended';
}

export function beat(cells: Int32Array): void {
  setInterval(() => Atomics.add(cells, 0, 1), 1);
}
