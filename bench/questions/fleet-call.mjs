// What does a call cost that goes by a queue and answers at once: the caller, the worker and the server together?
import { bull, ours } from '../fleet/calls.mjs';

const echo = { name: 'echo', args: (index) => [index] };

export const question = {
  title: 'A call on a fleet that answers at once',
  unit: 'µs of processors a call',
  kind: 'time',
  server: true,
  sizes: [2_000],
  quickSizes: [500],
  chartSize: 2_000,
  base: "BullMQ's sandbox",
  cases: {
    'async-tamer': ours(echo),
    'BullMQ, which runs it on its main thread': bull(echo, 'bare'),
    "BullMQ's sandbox": bull(echo, 'sandbox'),
  },
};
