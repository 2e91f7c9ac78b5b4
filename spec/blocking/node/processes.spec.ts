import { cpSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { run, type Ended } from '../../support/child-process.ts';
import { compile } from '../../support/compile.ts';
import { programs } from '../../support/programs.ts';

/** Lines of a program's output, and a good end. */
const prints =
  (...lines: string[]) =>
  ({ stdout, stderr, code }: Ended): void => {
    expect(stdout.trimEnd().split('\n')).toEqual(lines);
    expect([stderr, code]).toEqual(['', 0]);
  };

/** Shows whether it is told of a deadlock at once: what is left in the loop would keep it there for more than a quarter of an hour. */
const deadlock = `
  const dead = (place) => {
    const outcome = attempt(() => never().block());
    console.log(place, /^BlockingError: .*deadlock.*fake timers/.test(outcome) ? 'deadlock' : outcome);
  };`;

describe('A deadlock of block()', () => {
  const program = programs('deadlock');

  program(
    'is told at once, at the top level',
    `${deadlock} dead('top'); show('next');`,
    prints('top deadlock', 'next works'),
  );

  program(
    'is told at once in a timer, again and again',
    `${deadlock}
    setTimeout(() => { dead('timer'); dead('again'); show('next'); }, 1);`,
    prints('timer deadlock', 'again deadlock', 'next works'),
  );

  program(
    'is told at once in a tick, in I/O, for an exception, and in "beforeExit"',
    `${deadlock}
    process.once('uncaughtException', () => { dead('exception'); show('exception'); });
    process.once('beforeExit', () => { dead('beforeExit'); show('beforeExit'); });
    const file = () => { dead('I/O'); show('I/O'); setTimeout(() => { throw new Error(); }); };
    process.nextTick(() => { dead('tick'); show('tick'); require('node:fs').stat('.', file); });`,
    prints(
      'tick deadlock',
      'tick works',
      'I/O deadlock',
      'I/O works',
      'exception deadlock',
      'exception works',
      'beforeExit deadlock',
      'beforeExit works',
    ),
  );

  program(
    'is told at once in a thread',
    `
    const { Worker, isMainThread } = require('node:worker_threads');
    if (isMainThread) new Worker(__filename);
    else {${deadlock} dead('thread'); setTimeout(() => { dead('timer'); show('timer'); }, 1); }`,
    prints('thread deadlock', 'timer deadlock', 'timer works'),
  );

  program(
    'is told where all that is left is unreferenced: a timer, an interval, a server, a watcher, a port, an immediate',
    `${deadlock}
    setTimeout(() => {}, 1e6).unref();
    setInterval(() => {}, 10).unref();
    require('node:net').createServer().listen(0, '127.0.0.1').unref();
    require('node:fs').watch('.').unref();
    setImmediate(() => {}).unref();
    new MessageChannel().port1.unref();
    later(0, 20).block();
    dead('unref');
    setTimeout(() => { dead('timer'); show('timer'); }, 1);`,
    prints('unref deadlock', 'timer deadlock', 'timer works'),
  );

  program(
    'is told under fake timers, in whichever place',
    `${deadlock}
    const real = setTimeout;
    const fake = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'MessageChannel', 'performance'];
    const { now } = performance;
    for (const name of fake) globalThis[name] = name === 'performance' ? { now: () => now.call(kept) } : () => 0;
    const kept = require('node:perf_hooks').performance;
    dead('top');
    real(() => dead('timer'), 1);`,
    prints('top deadlock', 'timer deadlock'),
  );

  program(
    "is told under the fake timers of Node's own tests",
    {
      args: (path) => ['--no-warnings', path],
      code: `${deadlock}
    const { mock } = require('node:test');
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] });
    dead('mock');
    mock.timers.reset();
    show('real');`,
    },
    prints('mock deadlock', 'real works'),
  );

  program(
    'is none while timers of the program are pending',
    "console.log(tamed(() => new Promise((resolve) => setTimeout(resolve, 300, 'works')))().block());",
    prints('works'),
  );

  program(
    'is told when the last handle has gone, and not before',
    `${deadlock}
    const server = require('node:net').createServer().listen(0, '127.0.0.1');
    let closed = false;
    setTimeout(() => server.close(() => { closed = true; }), 100);
    console.log(/deadlock/.test(attempt(() => never().block())), closed);`,
    prints('true true'),
  );
});

/**
 * Threads that block and end meanwhile, one for each place, with what they do there. Prints the exit codes. Each has a port and a
 * timer that keep its event loop alive.
 */
const inThreads = (places: readonly string[], code: string): string => `
  const { Worker, isMainThread, parentPort, workerData: place, MessageChannel } = require('node:worker_threads');
  const run = () => { ${code} };
  const ended = [];
  let terminate = (worker) => worker.terminate();
  if (isMainThread) {
    for (const workerData of ${JSON.stringify(places)}) {
      const worker = new Worker(__filename, { workerData });
      worker.on('message', () => terminate(worker)).on('exit', (code) => ended.push(workerData + ' ' + code));
    }
    process.on('beforeExit', () => console.log(ended.splice(0).sort().join('\\n')));
  } else {
    const { port1, port2 } = new MessageChannel();
    parentPort.on('message', () => {});
    setTimeout(() => {}, 1e6);
    ({
      sleep: () => setTimeout(run, 1),
      timer: () => setTimeout(run, 1),
      immediate: () => setTimeout(() => setImmediate(run), 1),
      file: () => setTimeout(() => require('node:fs').stat('.', run), 1),
      message: () => { port1.on('message', run); port2.postMessage(0); },
    })[place]();
    later(0, 1e6).block();
  }`;

describe('A process that blocks', () => {
  const program = programs('processes');

  program(
    'sleeps while it waits: at the top level, in a timer, and with a server listening',
    `
    const cpu = () => {
      const before = process.cpuUsage();
      const start = performance.now();
      later(0, 300).block();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000 / (performance.now() - start);
    };
    later(0).block();
    console.log(cpu() < 0.5);
    require('node:net').createServer().listen(0, '127.0.0.1').unref();
    console.log(cpu() < 0.5);
    setTimeout(() => console.log(cpu() < 0.5), 1);
    setTimeout(() => {}, 1e6).unref();`,
    prints('true', 'true', 'true'),
  );

  program(
    'has the exit code that it sets, and emits "beforeExit" and "exit"',
    `
    process.on('beforeExit', (code) => console.log('beforeExit', code)).on('exit', (code) => console.log('exit', code));
    show('top');
    process.exitCode = 3;`,
    ({ stdout, code }) => {
      expect([stdout, code]).toEqual(['top works\nbeforeExit 3\nexit 3\n', 3]);
    },
  );

  program(
    'ends at once with process.exit() in a callback, with its "exit"',
    `
    process.on('exit', (code) => console.log('exit', code));
    setTimeout(() => process.exit(4), 1);
    later(0, 1e6).block();
    console.log('never');`,
    ({ stdout, code }) => {
      expect([stdout, code]).toEqual(['exit 4\n', 4]);
    },
  );

  program(
    'fails with exit code 1 where nobody catches what block() throws',
    "tamed(async () => { await sleep(1); throw new Error('failure'); })().block();",
    ({ stderr, code }) => {
      expect(stderr).toContain('Error: failure');
      expect(code).toBe(1);
    },
  );

  program(
    'is killed by a signal that nobody handles',
    {
      code: "console.log('ready'); later(0, 1e6).block();",
      signals: [{ signal: 'SIGINT', after: /ready/ }],
    },
    ({ signal }) => {
      expect(signal).toBe('SIGINT');
    },
  );

  program(
    'handles a signal meanwhile, and goes on',
    {
      code: `
      let told;
      const signal = new Promise((resolve) => { told = resolve; });
      process.once('SIGINT', told);
      const keepAlive = setInterval(() => {}, 1000);
      console.log('ready');
      console.log(tamed.from(signal).block());
      clearInterval(keepAlive);
      show('next');`,
      signals: [{ signal: 'SIGINT', after: /ready/ }],
    },
    prints('ready', 'SIGINT', 'next works'),
  );

  program(
    'cancels what it waits for when a signal says so',
    {
      code: `
      const scope = new AsyncScope();
      process.once('SIGTERM', () => scope.cancel('SIGTERM'));
      const result = scope.start(later(0, 1e6));
      console.log('ready');
      console.log(attempt(() => result.block()));`,
      signals: [{ signal: 'SIGTERM', after: /ready/ }],
    },
    prints('ready', 'CancelledError: The scope was cancelled: SIGTERM'),
  );

  program(
    'reads stdin, and may block before, between and after',
    {
      code: `
      const text = tamed(async () => { let all = ''; for await (const part of process.stdin) all += part; return all; });
      show('before');
      console.log(text().block());
      show('after');`,
      input: 'text',
    },
    prints('before works', 'text', 'after works'),
  );

  program(
    'has a read of stdin pending, which goes on',
    {
      code: `
      const lines = require('node:readline').createInterface({ input: process.stdin });
      const told = new Promise((resolve) => {
        lines.once('line', (line) => { console.log(line); resolve('works'); });
      });
      console.log(tamed.from(told).block());`,
      input: 'line\n',
    },
    prints('line', 'works'),
  );

  program(
    'works with what lives long: a server, a watched folder, an interval, a thread',
    `
    const { Worker } = require('node:worker_threads');
    const server = require('node:net').createServer().listen(0, '127.0.0.1');
    const watcher = require('node:fs').watch('.');
    const interval = setInterval(() => {}, 1);
    const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
    for (let i = 0; i < 10; i++) later(i).block();
    show('top');
    setTimeout(() => {
      show('timer');
      server.close();
      watcher.close();
      clearInterval(interval);
      worker.terminate();
    }, 5);`,
    prints('top works', 'timer works'),
  );

  program(
    'waits for many calls in many scopes, in one turn or the other',
    `
    const scope = new AsyncScope();
    const results = Array.from({ length: 100 }, (_, i) => scope.start(later(i, i % 7)));
    console.log(results.map((result) => result.block()).reduce((a, b) => a + b));
    scope.close().block();`,
    prints('4950'),
  );

  program(
    'can end a thread that blocks: while it sleeps, and while it runs a message, a file, an immediate or a timer',
    inThreads(
      ['sleep', 'message', 'file', 'immediate', 'timer'],
      "parentPort.postMessage('ready'); if (place !== 'sleep') for (;;);",
    ),
    prints('file 1', 'immediate 1', 'message 1', 'sleep 1', 'timer 1'),
  );

  program(
    'lets a thread end itself while it blocks, wherever',
    inThreads(['message', 'immediate', 'timer'], 'process.exit(5);'),
    prints('immediate 5', 'message 5', 'timer 5'),
  );

  program(
    'ends with its threads, whether they sleep or run code while they block',
    `${inThreads(['sleep', 'message'], "parentPort.postMessage('ready'); if (place === 'message') for (;;);")}
    let ready = 0;
    if (isMainThread) terminate = () => { if (++ready === 2) setTimeout(() => process.exit(3), 50); };`,
    ({ stdout, stderr, code }) => {
      expect([stdout, stderr, code]).toEqual(['', '', 3]);
    },
  );

  program(
    'runs immediates of a thread in order, in their context, and not those that are cleared meanwhile',
    `
    const { Worker, isMainThread } = require('node:worker_threads');
    const { AsyncLocalStorage } = require('node:async_hooks');
    if (isMainThread) new Worker(__filename);
    else {
      const storage = new AsyncLocalStorage();
      const told = [];
      const tell = (what) => told.push(what + ' ' + storage.getStore());
      const before = storage.run('before', () => setImmediate(tell, 'a'));
      setTimeout(() => {
        storage.run('inside', () => setImmediate((what) => { tell(what); clearImmediate(cleared); process.nextTick(tell, 'c'); }, 'b'));
        const cleared = setImmediate(tell, 'cleared');
        setImmediate(() => { tell('d'); done(); });
      }, 1);
      let done;
      tamed.from(new Promise((resolve) => { done = resolve; })).block();
      console.log(told.join(', '), storage.getStore(), before.hasRef());
    }`,
    prints('a before, b inside, c inside, d undefined undefined false'),
  );

  program(
    'blocks in several threads at a time',
    `
    const { Worker, isMainThread } = require('node:worker_threads');
    if (isMainThread) { for (let i = 0; i < 3; i++) new Worker(__filename); later(0, 100).block(); }
    for (let i = 0; i < 10; i++) later(0, 1).block();
    console.log('done');`,
    prints('done', 'done', 'done', 'done'),
  );

  program(
    'runs its tests under "node --test", on islands',
    {
      code: `
      show('top');
      const { test } = require('node:test');
      test('refused', () => { if (!/microtask/.test(attempt(() => later('works').block()))) throw new Error(); });
      test('island', async () => { if (await synchronous(() => later('works').block()) !== 'works') throw new Error(); });
`,
      args: (path) => ['--test', '--test-reporter=tap', path],
    },
    ({ stdout, code }) => {
      expect(stdout).toContain('# pass 2');
      expect(stdout).toContain('# fail 0');
      expect(code).toBe(0);
    },
  );
});

describe('block() without the addon', () => {
  let folder: string;

  beforeAll(() => {
    compile('node-blocking/no-addon', new Map());
    const root = new URL('../../../', import.meta.url);
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'async-tamer-')));
    cpSync(
      new URL('reports/programs/node_modules/async-tamer', root),
      join(folder, 'node_modules/async-tamer'),
      {
        recursive: true,
      },
    );
    for (const name of ['rxjs', 'tslib']) {
      const target = fileURLToPath(new URL(`node_modules/${name}`, root));
      symlinkSync(target, join(folder, 'node_modules', name), 'junction');
    }
    writeFileSync(join(folder, 'main.cjs'), withoutAddon);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('says what to install, and everything else works', async () => {
    const { stdout, stderr, code } = await run(['main.cjs'], { cwd: folder });

    const [refusal, cause, ...others] = stdout.trimEnd().split('\n');
    expect(refusal).toMatch(/^BlockingError: .*addon.*npm install @se-oss\/deasync.*"await"/);
    expect(cause).toBe('MODULE_NOT_FOUND');
    expect(others).toEqual(['sync', 'settled', 'awaited', 'island']);
    expect([stderr, code]).toEqual(['', 0]);
  });
});

const withoutAddon = `
  const { AsyncScope, sleep, synchronous, tamed } = require('async-tamer');
  const later = tamed(async (value) => { await sleep(1); return value; });
  try { later(1).block(); } catch (error) { console.log(String(error)); console.log(error.cause.code); }
  console.log(tamed({ sync: () => 'sync', async: later })().block());
  console.log(tamed(() => 'settled')().block());
  (async () => {
    console.log(await later('awaited'));
    await AsyncScope.run(async (scope) => { scope.start(later(1)); });
    console.log(await synchronous(() => 'island'));
  })();`;
