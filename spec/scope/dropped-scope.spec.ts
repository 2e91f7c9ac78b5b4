import { fileURLToPath } from 'node:url';

import { run, type Ended } from '../support/child-process.ts';
import { compile } from '../support/compile.ts';

const preamble = `
import { config, finalize, NEVER, Subject, throwError, timer } from 'rxjs';
import { AsyncScope, cleanup, sleep, tamed } from 'async-tamer';
const ms = (n = 0) => new Promise((resolve) => setTimeout(resolve, n));
const reported = [];
const named = (error) => error.errors === undefined ? error.message : error.errors.map(named).join(' + ');
config.onUnhandledError = (error) => reported.push(named(error));
const failing = (message) => throwError(() => new Error(message));
const collected = async () => {
  for (let i = 0; i < 5; i++) {
    await ms(2);
    gc();
  }
  await ms(5);
};
`;

/** Each makes scopes in a function of its own, so that nobody holds them, and says when they are collected. */
const scenarios: Record<string, string> = {
  'reports a failure that nobody has awaited': `
    new AsyncScope().start(failing('Oh no!'));
    await collected();`,

  'reports each of several, in their order': `
    const scope = new AsyncScope({ errorMode: 'continue' });
    scope.start(failing('one'));
    scope.start(failing('another'));
    await collected();`,

  'reports a failure that comes after it was collected': `
    const end = new Subject();
    new AsyncScope().start(end.pipe(finalize(() => cleanup(failing('late')))));
    await collected();
    const before = reported.length;
    end.complete();
    await ms(1);
    reported.push('before: ' + before);`,

  'reports what a cleanup has thrown': `
    const scope = new AsyncScope();
    scope.start(NEVER.pipe(finalize(() => cleanup(failing('cleanup')))));
    scope.cancel();
    await collected();`,

  'reports it though its failure knows who holds the scope, by the frames of its stack': `
    class Component {
      scope = new AsyncScope();
      load() { throw new Error('loading'); }
      show() { this.scope.start(tamed(() => this.load())()); }
    }
    new Component().show();
    await collected();`,

  'reports it though it was made in a call that has ended': `
    await tamed(async () => { new AsyncScope().start(failing('made in a call')); })();
    await collected();`,

  'reports nothing of a failure that was delivered': `
    const scope = new AsyncScope();
    await scope.start(failing('delivered')).catch(() => undefined);
    await collected();`,

  'reports nothing that its close has raised': `
    const scope = new AsyncScope();
    scope.start(failing('raised'));
    await scope.close().catch(() => undefined);
    await collected();`,

  'reports once what its close has raised to nobody': `
    const scope = new AsyncScope();
    scope.start(failing('unheard'));
    scope.close();
    await collected();`,

  'reports nothing, if nothing has failed': `
    const scope = new AsyncScope({ exitMode: 'raise', timeout: 5 });
    scope.start(tamed(() => 1)());
    await collected();`,

  'reports nothing that somebody asks for a macrotask later, who holds the result': `
    const result = new AsyncScope({ errorMode: 'continue' }).start(timer(3).pipe(finalize(() => undefined)));
    const held = new AsyncScope({ errorMode: 'continue' }).start(failing('held'));
    await result;
    held.catch(() => reported.push('asked'));
    await collected();`,

  'reports it though somebody holds the result, who never asks': `
    globalThis.held = new AsyncScope().start(failing('held'));
    await collected();`,

  'lets its children run on': `
    const source = new Subject();
    new AsyncScope().start(source.pipe(finalize(() => reported.push('torn down'))));
    await collected();
    reported.push('observed: ' + source.observed);
    source.complete();`,

  'is cancelled by its signal all the same': `
    const controller = new AbortController();
    new AsyncScope({ signal: controller.signal }).start(NEVER.pipe(finalize(() => reported.push('torn down'))));
    await collected();
    controller.abort();`,

  'ends at its timeout all the same': `
    const ref = new WeakRef(new AsyncScope({ timeout: 300 }));
    ref.deref().start(NEVER.pipe(finalize(() => reported.push('torn down'))));
    await collected();
    reported.push('collected: ' + (ref.deref() === undefined));
    while (reported.length < 2) { await ms(5); }`,

  'is none that a run still closes, which ends at its timeout': `
    const end = AsyncScope.run(() => NEVER, { timeout: 300 }).catch((error) => reported.push(error.name));
    await collected();
    await end;`,

  'leaves its failures to a parent that lives, which closes it': `
    const parent = new AsyncScope();
    new AsyncScope({ parent }).start(failing('nested'));
    await collected();
    const before = reported.length;
    await parent.close().catch((error) => reported.push('parent: ' + named(error)));
    reported.push('before: ' + before);`,

  'reports its failures once, where its parent is dropped as well': `
    const parent = new AsyncScope();
    new AsyncScope({ parent }).start(failing('nested'));
    parent.start(failing('parent'));
    await collected();`,

  'keeps no parent from closing': `
    const parent = new AsyncScope();
    new AsyncScope({ parent }).start(sleep(1));
    await collected();
    await parent.close();
    reported.push('closed');`,
};

const expected: Record<string, string[]> = {
  'reports a failure that nobody has awaited': ['Oh no!'],
  'reports each of several, in their order': ['one', 'another'],
  'reports a failure that comes after it was collected': ['late', 'before: 0'],
  'reports what a cleanup has thrown': ['cleanup'],
  'reports it though its failure knows who holds the scope, by the frames of its stack': ['loading'],
  'reports it though it was made in a call that has ended': ['made in a call'],
  'reports once what its close has raised to nobody': ['unheard'],
  'reports nothing that somebody asks for a macrotask later, who holds the result': ['asked'],
  'reports it though somebody holds the result, who never asks': ['held'],
  'lets its children run on': ['observed: true', 'torn down'],
  'is cancelled by its signal all the same': ['torn down'],
  'ends at its timeout all the same': ['torn down', 'collected: true'],
  'is none that a run still closes, which ends at its timeout': ['TimeoutError'],
  'leaves its failures to a parent that lives, which closes it': ['parent: nested', 'before: 0'],
  'reports its failures once, where its parent is dropped as well': ['nested', 'parent'],
  'keeps no parent from closing': ['closed'],
};

const program = `${preamble}
const scenarios = {
${Object.entries(scenarios)
  .map(([name, body]) => `${JSON.stringify(name)}: async () => {${body}\n}`)
  .join(',\n')}
};
const told = {};
for (const [name, scenario] of Object.entries(scenarios)) {
  await scenario();
  await collected();
  told[name] = reported.splice(0);
}
console.log(JSON.stringify(told));
`;

const uncaught = `
import { AsyncScope, sleep } from 'async-tamer';
import { throwError } from 'rxjs';
(() => void new AsyncScope().start(throwError(() => new Error('Oh no!'))))();
await sleep(1);
gc();
await sleep(1e6);
console.log('not reached');
`;

const idle = `
import { AsyncScope, sleep } from 'async-tamer';
(() => void new AsyncScope({ timeout: 1e6, signal: new AbortController().signal }).start(sleep(1)))();
await sleep(5);
gc();
`;

const forgotten = `
import { AsyncScope } from 'async-tamer';
import { throwError } from 'rxjs';
const scope = new AsyncScope();
scope.start(throwError(() => new Error('Oh no!')));
process.on('exit', () => console.log(scope.cancelled));
`;

const forgottenInside = `
import { config, throwError } from 'rxjs';
import { AsyncScope } from 'async-tamer';
config.onUnhandledError = ({ message }) => console.log(message);
const parent = new AsyncScope();
const scope = new AsyncScope({ parent });
scope.start(throwError(() => new Error('inside')));
parent.start(throwError(() => new Error('outside')));
process.on('exit', () => console.log(scope.closed || parent.closed)); // Which holds both: neither is dropped before.
`;

const closedAtLast = `
import { AsyncScope, sleep, tamed } from 'async-tamer';
import { throwError } from 'rxjs';
const scope = new AsyncScope({ errorMode: 'continue' });
const read = tamed(async () => { await sleep(1); throw new Error('Oh no!'); });
scope.start(throwError(() => new Error('Oh no!')));
process.once('beforeExit', async () => {
  scope.start(read());
  await sleep(10);
  await scope.close().catch(({ message }) => console.log(message));
});
`;

describe('A scope that is open when the program ends', () => {
  const sources = { forgotten, forgottenInside, closedAtLast };
  let programs: Map<string, URL>;

  beforeAll(() => {
    const files = Object.entries(sources).map(([name, source]) => [`${name}.ts`, source] as const);
    programs = compile('open-scope', new Map(files));
  });

  function runs(name: keyof typeof sources): Promise<Ended> {
    return run([fileURLToPath(programs.get(`${name}.ts`)!)]);
  }

  it('makes a failure that nobody has awaited an uncaught exception', async () => {
    const { stdout, stderr, code } = await runs('forgotten');

    expect([stdout, code]).toEqual(['true\n', 1]);
    expect(stderr).toContain('Error: Oh no!');
  });

  it('reports what has failed in it and in those nested in it, once each', async () => {
    const { stdout, stderr, code } = await runs('forgottenInside');

    const lines = stdout.trimEnd().split('\n');
    expect([stderr, code, lines.pop()]).toEqual(['', 0, 'false']);
    expect(lines.sort()).toEqual(['inside', 'outside']); // A garbage collection may find the outer one first.
  });

  it('reports nothing if a listener of the end closes it, also where that takes time', async () => {
    const { stdout, stderr, code } = await runs('closedAtLast');

    expect([stdout, stderr, code]).toEqual([
      '2 async functions failed:\n  #1: Error: Oh no!\n  #2: Error: Oh no!\n',
      '',
      0,
    ]);
  });
});

describe('A scope that is dropped without being closed', () => {
  let programs: Map<string, URL>;
  let told: Record<string, string[]>;

  function runs(name: string): Promise<Ended> {
    return run(['--expose-gc', fileURLToPath(programs.get(name)!)]);
  }

  beforeAll(async () => {
    const sources = { 'dropped.ts': program, 'uncaught.ts': uncaught, 'idle.ts': idle };
    programs = compile('dropped-scope', new Map(Object.entries(sources)));
    const { stdout, stderr } = await runs('dropped.ts');
    expect(stderr).toBe('');
    told = JSON.parse(stdout) as Record<string, string[]>;
  });

  for (const name of Object.keys(scenarios)) {
    it(name, () => {
      expect(told[name]?.sort()).toEqual((expected[name] ?? []).sort());
    });
  }

  it('makes its failure an uncaught exception, if nobody has set config.onUnhandledError', async () => {
    const { stdout, stderr, code } = await runs('uncaught.ts');

    expect([stdout, code]).toEqual(['', 1]);
    expect(stderr).toContain('Error: Oh no!');
  });

  it('does not keep the program alive by its timeout, once it is collected', async () => {
    const { code } = await runs('idle.ts'); // Its timeout is far above the limit of a process.

    expect(code).toBe(0);
  });
});
