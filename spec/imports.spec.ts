import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';

/** From the ground up: a file imports from the rooms above its own in this list, and from the files before it in its room. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  execution: [
    'errors',
    'stack',
    'need',
    'check-options',
    'last-value',
    'cascade',
    'linked',
    'context',
    'current-call',
    'cancellation',
    'sink',
    'unhandled',
    'time',
    'on-abort',
    'scope-member',
    'lazy-signal',
    'resources',
    'owned',
    'registry',
    'queue',
    'pending-cleanups',
    'owning',
    'execution',
    'abort-signal',
    'abandon',
  ],
  blocking: [
    'deadline',
    'block-options',
    'node',
    'thread',
    'uncaught',
    'tick',
    'immediates',
    'callbacks',
    'listeners',
    'trampoline',
    'watch',
    'turn',
    'handles',
    'event-loop',
    'event-loop.browser',
    'held-back',
    'block',
  ],
  result: [
    'print',
    'subscriber-sink',
    'comparison',
    'producer',
    'engine',
    'iteration',
    'waitable',
    'telling',
    'announcements',
    'result',
  ],
  call: [
    'promise',
    'driver',
    'frame',
    'unwinding',
    'coroutine',
    'async-function',
    'shapes',
    'streams',
    'async-iterable',
    'platform-observable',
    'observable',
    'function-execution',
    'call',
    'parts',
    'all',
    'settled',
    'limit',
    'for-each',
    'concurrently',
    'latest',
    'cleanup',
    'acquire',
    'tamed',
    'sleep',
    'synchronous',
  ],
  scope: [
    'start-stacks',
    'options',
    'program-end',
    'failures',
    'dropped-scope',
    'child',
    'cleanup-timeout',
    'concurrency-limit',
    'children',
    'await-error',
    'triggers',
    'start-options',
    'shutdown',
    'closing',
    'supervisor',
    'events',
    'nested-scopes',
    'services',
    'belongings',
    'stopping',
    'lifetime',
    'run',
    'disposing',
    'scope',
    'within',
  ],
  '': ['index'],
  remote: [
    'thread-error',
    'fleet-error',
    'failures',
    'outcome',
    'codec',
    'payload',
    'remote-call',
    'functions',
  ],
  threads: [
    'crash',
    'exec-argv',
    'options',
    'transfer',
    'typescript',
    'exported',
    'run',
    'valve',
    'messages',
    'pool-worker',
    'sync-worker',
    'peers',
    'start-failure',
    'port',
    'thread',
    'thread-call',
    'lease',
    'pool',
    'watcher',
    'channel',
    'crew',
    'index',
  ],
  fleet: [
    'events',
    'listening-time',
    'state',
    'options',
    'messages',
    'engine',
    'bus',
    'bullmq',
    'outbox',
    'deliveries',
    'fleet-call',
    'post-office',
    'watch',
    'caller',
    'caller-thread',
    'local-fleet',
    'served-call',
    'patron',
    'patrons',
    'server',
    'serve',
    'command',
    'worker-process',
    'index',
  ],
  testing: [
    'equal',
    'show',
    'diagram',
    'letters',
    'clock',
    'macrotask',
    'timers',
    'reentrant',
    'roll',
    'running',
    'leftovers',
    'expectations',
    'failure',
    'scope-record',
    'scope-expectation',
    'run',
    'marbles',
    'marbles-async',
    'nothing-running',
    'index',
  ],
  angular: ['closing', 'reporter', 'supervision', 'zone', 'inject', 'resource', 'index'],
  trace: [
    'long-stacks',
    'words',
    'lanes',
    'span',
    'recording',
    'tell',
    'xml',
    'scale',
    'style',
    'marks',
    'areas',
    'bars',
    'groups',
    'plan',
    'rows',
    'svg',
    'chrome',
    'spans',
    'devtools',
    'live',
    'view',
    'frames',
    'log',
    'terminal',
    'index',
  ],
  eslint: ['typed', 'floating-call', 'yield-star', 'swallowed-cancel', 'open-scope', 'index'],
  register: ['preload', 'index', 'import'],
};

/** From the lowest to the highest. */
const layers = Object.entries(rooms).flatMap(([room, files]) =>
  files.map((file) => (room === '' ? file : `${room}/${file}`)),
);

/** What anyone may import, and what only the tools for tests may, or threads, which no browser loads. */
const packages = ['rxjs'];
const packagesForTests = ['rxjs/testing'];
const packagesForAngular = ['@angular/core', '@angular/core/rxjs-interop'];
const packagesForThreads = [
  ...[
    'node:async_hooks',
    'node:events',
    'node:fs',
    'node:module',
    'node:os',
    'node:path',
    'node:url',
    'node:util',
    'node:worker_threads',
  ],
  ...['piscina', 'synckit'],
];
/** Their types alone: the parser brings itself. */
const packagesForEslint = ['@typescript-eslint/utils', 'typescript'];
const src = new URL('../src/', import.meta.url);

describe('The rooms of the sources', () => {
  it('import from those below them alone, and so do the files of a room', () => {
    const files = sources();

    const violations = files.flatMap((file) => violationsIn(file, read(file)));

    expect(violations)
      .withContext(`The rooms, and what each imports from:\n${map(files)}\n`)
      .toEqual([]);
  });

  it('have no file in their list that is not there', () => {
    const files = sources();

    const missing = layers.filter((layer) => !files.includes(`${layer}.ts`));

    expect(missing).toEqual([]);
  });

  it('have at most 25 files each', () => {
    const large = Object.entries(rooms).filter(([, files]) => files.length > 25);

    expect(large.map(([room]) => room)).toEqual([]);
  });

  it('begin with a main file, whose first comment says what the room promises and what it takes', () => {
    const mains: Readonly<Record<string, string>> = {
      execution: 'execution',
      blocking: 'block',
      result: 'result',
      call: 'tamed',
      scope: 'scope',
      remote: 'remote-call',
    };

    const silent = Object.keys(rooms).filter((room) => {
      const comment = read(room === '' ? 'index.ts' : `${room}/${mains[room] ?? 'index'}.ts`).replaceAll(
        /\s*\n\/\/ ?/g,
        ' ',
      );
      return room !== '' && !new RegExp(`The room \`${room}\`.* It promises.* It takes`).test(comment);
    });

    expect(silent).toEqual([]);
  });

  it('let a file import from lower ones and from RxJS', () => {
    const source = `
      import { Observable } from 'rxjs';
      import { CancelledError } from '../execution/errors.ts';
      export { SubscriberSink } from './subscriber-sink.ts';`;

    const violations = violationsIn('result/waitable.ts', source);

    expect(violations).toEqual([]);
  });

  it('are broken by an import from the same or a higher file, of a type too', () => {
    const source = `
      import { AsyncScope } from '../scope/scope.ts';
      import type { TamedCall } from '../call/tamed.ts';
      export * from './current-call.ts';
      let late: import('../result/result.ts').DelayedResult<void>;`;

    const violations = violationsIn('execution/current-call.ts', source);

    expect(violations).toEqual([
      'execution/current-call.ts imports scope/scope.ts',
      'execution/current-call.ts imports call/tamed.ts',
      'execution/current-call.ts imports execution/current-call.ts',
      'execution/current-call.ts imports result/result.ts',
    ]);
  });

  it('are broken by an import from Node, another package, or the inside of RxJS', () => {
    const source = `
      import { readFile } from 'node:fs';
      import fs from 'fs';
      import { Subscriber } from 'rxjs/internal/Subscriber';
      import { TestScheduler } from 'rxjs/testing';
      const late = import('lodash');`;

    const violations = violationsIn('call/tamed.ts', source);

    expect(violations).toEqual([
      'call/tamed.ts imports node:fs',
      'call/tamed.ts imports fs',
      'call/tamed.ts imports rxjs/internal/Subscriber',
      'call/tamed.ts imports rxjs/testing',
      'call/tamed.ts imports lodash',
    ]);
  });

  it('are broken by a file that has no place among them', () => {
    const violations = violationsIn('scope/stray.ts', '');

    expect(violations).toEqual(['scope/stray.ts has no place among the rooms']);
  });

  it('stand in the guide as their imports draw them', () => {
    const guide = readFileSync(new URL('../docs/guides/inside.md', import.meta.url), 'utf8');

    expect(guide).toContain(map(sources()));
  });
});

describe('The files of the specs', () => {
  it('have at most 700 lines, so that a subject is found by its name', () => {
    const folder = new URL('./', import.meta.url);
    const long = readdirSync(folder, { encoding: 'utf8', recursive: true })
      .filter((name) => name.endsWith('.spec.ts'))
      .filter((name) => readFileSync(new URL(name, folder), 'utf8').split('\n').length > 700);

    expect(long).toEqual([]);
  });
});

function sources(): string[] {
  return readdirSync(src, { encoding: 'utf8', recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.replaceAll('\\', '/'));
}

function read(file: string): string {
  return readFileSync(new URL(file, src), 'utf8');
}

function violationsIn(file: string, source: string): string[] {
  const layer = layers.indexOf(file.replace(/\.ts$/, ''));
  if (layer === -1) {
    return [`${file} has no place among the rooms`];
  }
  const allowed = new Set([
    ...packages,
    ...(file.startsWith('testing/') ? packagesForTests : []),
    ...(file.startsWith('eslint/') ? packagesForEslint : []),
    ...(file.startsWith('angular/') ? packagesForAngular : []),
    ...(/^(?:remote|threads|fleet)\//.test(file) ? packagesForThreads : []),
    ...(file.startsWith('fleet/') ? ['node:child_process', 'node:crypto'] : []),
    // It is behind an interface, so that something else can stand in.
    ...(file === 'fleet/bullmq.ts' ? ['bullmq', 'ioredis'] : []),
    ...(file === 'fleet/bus.ts' ? ['ioredis'] : []),
    ...layers.slice(0, layer).map((lower) => `${lower}.ts`),
  ]);
  return importsOf(file, source)
    .filter((name) => !allowed.has(name))
    .map((name) => `${file} imports ${name}`);
}

function importsOf(file: string, source: string): string[] {
  return ts
    .preProcessFile(source, true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .map((name) => (name.startsWith('.') ? posix.join(posix.dirname(file), name) : name));
}

/** The rooms from the top down, with the number of their files, and the rooms from which each imports. */
function map(files: readonly string[]): string {
  const roomOf = (path: string): string =>
    path.includes('/') ? path.slice(0, path.indexOf('/')) : 'index.ts';
  const lines = Object.keys(rooms).map((room) => {
    const name = room === '' ? 'index.ts' : room;
    const inside = files.filter((file) => roomOf(file) === name);
    const below = new Set(
      inside.flatMap((file) =>
        importsOf(file, read(file))
          .filter((each) => each.endsWith('.ts'))
          .map(roomOf),
      ),
    );
    below.delete(name);
    const order = Object.keys(rooms).map((each) => each || 'index.ts');
    const list = [...below].sort((one, other) => order.indexOf(other) - order.indexOf(one));
    const size = room === '' ? '' : ` (${inside.length})`;
    return `${(name + size).padEnd(16)}${list.length === 0 ? '' : ` ──▶ ${list.join(', ')}`}`.trimEnd();
  });
  return lines.reverse().join('\n');
}
