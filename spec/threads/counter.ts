// Has a state: each thread has its own.
let count = 0;

export const next = (): number => ++count;
