import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';

/** From the lowest to the highest: a file imports only from files before it. A new file takes its place here. */
const layers = [
  'errors',
  'inspect',
  'node',
  'turn',
  'handles',
  'event-loop',
  'event-loop.browser',
  'last-value',
  'cascade',
  'current',
  'cancellation',
  'ledger',
  'late-signal',
  'origins',
  'belongings',
  'census',
  'queue',
  'holds',
  'execution',
  'blocking',
  'abort-signal',
  'subscriber-sink',
  'iteration',
  'waitable',
  'promise',
  'driver',
  'let-go',
  'coroutine',
  'async-function',
  'async-iterable',
  'observable',
  'shapes',
  'call',
  'all',
  'cleanup',
  'options',
  'tamed',
  'sleep',
  'synchronous',
  'result',
  'program-end',
  'failures',
  'dropped',
  'child',
  'children',
  'unawaited',
  'cleanup-limit',
  'places',
  'triggers',
  'unheard',
  'supervisor',
  'activity',
  'broadcast',
  'nested',
  'lifetime',
  'nesting',
  'run',
  'scope',
  'within',
  'index',
  'threads/thread-error',
  'threads/crash',
  'threads/options',
  'threads/transfer',
  'threads/failures',
  'threads/typescript',
  'threads/exported',
  'threads/run',
  'threads/valve',
  'threads/pool-worker',
  'threads/sync-worker',
  'threads/peers',
  'threads/thread',
  'threads/thread-call',
  'threads/pool',
  'threads/watcher',
  'threads/channel',
  'threads/crew',
  'threads',
  'preload',
  'register',
  'register.import',
  'testing/equal',
  'testing/show',
  'testing/diagram',
  'testing/letters',
  'testing/clock',
  'testing/macrotask',
  'testing/timers',
  'testing/reentrant',
  'testing/roll',
  'testing/running',
  'testing/leftovers',
  'testing/expectations',
  'testing/failure',
  'testing/scope-record',
  'testing/scope-expectation',
  'testing/run',
  'testing/marbles',
  'testing/marbles-async',
  'testing/nothing-running',
  'testing',
  'angular/closing',
  'angular/reporter',
  'angular/supervision',
  'angular/inject',
  'angular/resource',
  'angular',
  'trace/long-stacks',
  'trace/words',
  'trace/lanes',
  'trace/span',
  'trace/recording',
  'trace/tell',
  'trace/xml',
  'trace/scale',
  'trace/style',
  'trace/marks',
  'trace/areas',
  'trace/bars',
  'trace/groups',
  'trace/legend',
  'trace/plan',
  'trace/rows',
  'trace/svg',
  'trace/chrome',
  'trace/live',
  'trace/endings',
  'trace/view',
  'trace/frames',
  'trace/log',
  'trace/terminal',
  'trace',
];
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
const src = new URL('../src/', import.meta.url);

describe('The layers of the sources', () => {
  it('are kept by every import', () => {
    const files = readdirSync(src, { encoding: 'utf8', recursive: true })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => name.replaceAll('\\', '/'));

    const violations = files.flatMap((file) => violationsIn(file, readFileSync(new URL(file, src), 'utf8')));

    expect(violations).toEqual([]);
  });

  it('let a file import from lower ones and from RxJS', () => {
    const source = `
      import { Observable } from 'rxjs';
      import { CancelledError } from './errors.ts';
      export { currentCall } from './current.ts';`;

    const violations = violationsIn('waitable.ts', source);

    expect(violations).toEqual([]);
  });

  it('are broken by an import from the same or a higher file, of a type too', () => {
    const source = `
      import { AsyncScope } from './scope.ts';
      import type { TamedCall } from './tamed.ts';
      export * from './current.ts';
      let late: import('./result.ts').DelayedResult<void>;`;

    const violations = violationsIn('current.ts', source);

    expect(violations).toEqual([
      'current.ts imports scope.ts',
      'current.ts imports tamed.ts',
      'current.ts imports current.ts',
      'current.ts imports result.ts',
    ]);
  });

  it('are broken by an import from Node, another package, or the inside of RxJS', () => {
    const source = `
      import { readFile } from 'node:fs';
      import fs from 'fs';
      import { Subscriber } from 'rxjs/internal/Subscriber';
      import { TestScheduler } from 'rxjs/testing';
      const late = import('lodash');`;

    const violations = violationsIn('current.ts', source);

    expect(violations).toEqual([
      'current.ts imports node:fs',
      'current.ts imports fs',
      'current.ts imports rxjs/internal/Subscriber',
      'current.ts imports rxjs/testing',
      'current.ts imports lodash',
    ]);
  });

  it('are broken by a file that has no place among them', () => {
    const violations = violationsIn('stray.ts', '');

    expect(violations).toEqual(['stray.ts has no place among the layers']);
  });
});

function violationsIn(file: string, source: string): string[] {
  const layer = layers.indexOf(file.replace(/\.ts$/, ''));
  if (layer === -1) {
    return [`${file} has no place among the layers`];
  }
  const allowed = new Set([
    ...packages,
    ...(file.startsWith('testing/') ? packagesForTests : []),
    ...(file.startsWith('angular/') ? packagesForAngular : []),
    ...(file.startsWith('threads/') ? packagesForThreads : []),
    ...layers.slice(0, layer).map((lower) => `${lower}.ts`),
  ]);
  return ts
    .preProcessFile(source, true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .map((name) => (name.startsWith('.') ? posix.join(posix.dirname(file), name) : name))
    .filter((name) => !allowed.has(name))
    .map((name) => `${file} imports ${name}`);
}
