// What does a call cost that goes by a queue and computes for about 10 ms?
import { bull, ours } from '../fleet/calls.mjs';

const compute = { name: 'compute', args: () => [] };

export const question = {
  title: 'A call on a fleet that computes for about 10 ms',
  unit: 'µs of processors a call',
  kind: 'time',
  server: true,
  sizes: [300],
  quickSizes: [50],
  chartSize: 300,
  base: "BullMQ's sandbox",
  cases: {
    'async-tamer': ours(compute),
    'BullMQ, which runs it on its main thread': bull(compute, 'bare'),
    "BullMQ's sandbox": bull(compute, 'sandbox'),
  },
};
