import type { Diagram } from './draw.ts';

/** A diagram, and where the source says which states there are: a union of strings after `type`. */
interface DiagramOfSource extends Diagram {
  readonly source: { readonly file: string; readonly type: string; readonly beside?: readonly string[] };
}

/** The state machines of the library, by the names of their pictures. `spec/site.spec.ts` compares them with the source. */
export const diagrams: Readonly<Record<string, DiagramOfSource>> = {
  call: {
    title: 'The life of a call that runs',
    source: { file: 'src/execution/current-call.ts', type: 'export type Phase =' },
    states: [
      { name: 'running', at: [0, 0], is: 'first' },
      { name: 'stopping', at: [0, 1] },
      { name: 'unwinding', at: [0, 2] },
      { name: 'ended', at: [0, 3], is: 'last' },
    ],
    transitions: [
      { from: 'running', to: 'stopping', on: 'it is cancelled' },
      {
        from: 'stopping',
        to: 'unwinding',
        on: 'what it waits for has cleaned up,\nand so have the scopes it made',
      },
      { from: 'unwinding', to: 'ended', on: 'its finally blocks are over' },
      { from: 'running', to: 'ended', on: 'its code\nreturns\nor throws', bend: 150 },
    ],
  },
  coroutine: {
    title: 'Where the code of a generator stands',
    source: { file: 'src/call/coroutine.ts', type: '#at:' },
    states: [
      { name: 'ready', at: [0, 0], is: 'first' },
      { name: 'stack', at: [1.6, 0] },
      { name: 'opening', at: [1.6, 1.2] },
      { name: 'waiting', at: [0, 1.2] },
      { name: 'shielded', at: [0, 2.4] },
      { name: 'released', at: [1.6, 2.4] },
    ],
    transitions: [
      { from: 'waiting', to: 'shielded', on: 'cancelled at\na cleanup' },
      { from: 'shielded', to: 'released', on: 'the cleanup is over', bend: -2 },
      { from: 'ready', to: 'stack', on: 'its turn comes' },
      { from: 'stack', to: 'opening', on: 'it yields a call\nor a result' },
      { from: 'opening', to: 'waiting', on: 'that takes time', bend: -2 },
      { from: 'opening', to: 'ready', on: 'that is over at once' },
      { from: 'waiting', to: 'ready', on: 'that tells\nits outcome' },
    ],
  },
  child: {
    title: 'The life of a child',
    source: { file: 'src/scope/child.ts', type: 'readonly state:', beside: ['ended'] },
    states: [
      { name: 'queued', at: [0, 0], is: 'first' },
      { name: 'running', at: [0, 1] },
      { name: 'cleaning up', at: [0, 2] },
      { name: 'ended', at: [0, 3], is: 'last' },
    ],
    transitions: [
      { from: 'queued', to: 'running', on: 'there is a place for it' },
      { from: 'running', to: 'cleaning up', on: 'it is cancelled,\nor its end leaves cleanup' },
      { from: 'cleaning up', to: 'ended', on: 'all cleanup under it is over' },
      { from: 'running', to: 'ended', on: 'it ends, and\nnothing is left', bend: 150 },
      { from: 'queued', to: 'ended', on: 'it is\ncancelled', bend: -150 },
    ],
  },
  result: {
    title: 'What a result may be',
    source: { file: 'src/result/result.ts', type: 'get status():' },
    states: [
      { name: 'pending', at: [1, 0], is: 'first' },
      { name: 'succeeded', at: [0, 1.2], is: 'last' },
      { name: 'failed', at: [1, 1.2], is: 'last' },
      { name: 'cancelled', at: [2, 1.2], is: 'last' },
    ],
    transitions: [
      { from: 'pending', to: 'succeeded', on: 'its child\ncompletes' },
      { from: 'pending', to: 'failed', on: 'fails' },
      { from: 'pending', to: 'cancelled', on: 'is cancelled' },
    ],
  },
};
