import { fileURLToPath } from 'node:url';

import { run, type Ended } from '../support/child-process.ts';
import { compile } from '../support/compile.ts';

const preamble = `
import { queryObjects } from 'node:v8';
import { config, finalize, NEVER, throwError } from 'rxjs';
import { AsyncScope, cleanup, sleep, tamed } from 'async-tamer';
import { trace } from 'async-tamer/trace';
const ms = (n = 0) => new Promise((resolve) => setTimeout(resolve, n));
const collected = async (ref) => {
  for (let i = 0; i < 200 && ref.deref() !== undefined; i++) {
    await ms(5);
    gc();
  }
  console.log(ref.deref() === undefined ? 'collected' : 'held');
};
`;

/** What is to be seen of each in a process of its own: the last line that it prints. */
const programs: Readonly<Record<string, readonly [code: string, printed: string]>> = {
  'lets a scope be collected that nobody else holds, and its failure be reported': [
    `
    config.onUnhandledError = (error) => console.log(error.message);
    const recording = trace();
    const make = () => {
      const scope = new AsyncScope({ errorMode: 'continue' });
      recording.add(scope);
      scope.start(throwError(() => new Error('Oh no!')));
      return new WeakRef(scope);
    };
    await collected(make());
    await ms(5);`,
    'Oh no!',
  ],
  'holds no value and no error': [
    `
    class Big {}
    const refs = [];
    const made = () => { const big = new Big(); refs.push(new WeakRef(big)); return big; };
    const scope = new AsyncScope({ errorMode: 'continue' });
    const recording = trace(scope);
    scope.start(tamed(() => { made(); })());
    scope.start(tamed(() => [made()].length)());
    scope.start(tamed(() => { throw Object.assign(new Error('Oh no!'), { big: made() }); })()).catch(() => {});
    await scope.close();
    const held = () => refs.filter((ref) => ref.deref() !== undefined).length;
    for (let i = 0; i < 200 && held() > 0; i++) { await ms(5); gc(); }
    console.log(held(), 'of', refs.length, recording.svg().length > 0);`,
    '0 of 3 true',
  ],
  'keeps a program alive no longer than that has something to do': [
    `
    const scope = new AsyncScope();
    const recording = trace(scope);
    recording.terminal({ isTTY: true, write() {} });
    scope.start(NEVER);
    process.on('exit', () => console.log('ended'));`,
    'ended',
  ],
  'shows how long things take already, though nothing happens': [
    `
    const scope = new AsyncScope({ name: 'page' });
    const frames = [];
    trace(scope).terminal({ isTTY: true, write: (text) => frames.push(text) }, { interval: 20, colors: false });
    const shown = () => new Set(frames.map((frame) => /([\\d.]+) m?s\\b/.exec(frame)?.[1])).size;
    scope.start(tamed(async () => { while (shown() < 6) await sleep(20); })());
    await scope.close();
    console.log('six times');`,
    'six times',
  ],
  'remembers a limited number of children of a scope that lives long': [
    `
    const scope = new AsyncScope();
    const recording = trace(scope, { limit: 200 });
    const one = tamed(function* one() { yield* new AsyncScope({ name: 'nested' }).start(tamed(() => 1)()); });
    const rounds = async (n) => { for (let i = 0; i < n; i++) { await scope.start(one()); } };
    // How many objects there are. Finalizers hold some for a few turns.
    const kept = async () => {
      for (let i = 0; i < 10; i++) { await ms(2); gc(); }
      return queryObjects(Object, { format: 'count' });
    };
    await rounds(1000);
    const before = await kept();
    await rounds(5000);
    const grown = await kept() - before;
    console.log(grown < 1000 ? 'bounded' : grown); // An object for each of them would be five thousand.`,
    'bounded',
  ],
};

describe('A recording', () => {
  const names = Object.keys(programs);
  let ends: ReadonlyMap<string, Promise<Ended>>;

  beforeAll(() => {
    const sources = names.map(
      (_, index) => [`trace-${index}.ts`, preamble + programs[names[index]!]![0]] as const,
    );
    const compiled = compile('trace', new Map(sources));
    ends = new Map(
      [...compiled.values()].map((program, index) => [
        names[index]!,
        run(['--expose-gc', '--no-warnings', fileURLToPath(program)]),
      ]),
    );
  });

  for (const name of names) {
    it(name, async () => {
      const ended = await ends.get(name)!;

      expect(ended.stderr).toBe('');
      expect(ended.stdout.trim().split('\n').at(-1)).toBe(programs[name]![1]);
    });
  }
});
