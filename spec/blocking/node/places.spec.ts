import { pathToFileURL } from 'node:url';

import { programs } from '../../support/programs.ts';
import type { Ended } from '../../support/child-process.ts';

/** Lines of a program's output, and a good end. */
const prints =
  (...lines: string[]) =>
  ({ stdout, stderr, code }: Ended): void => {
    expect(stdout.trimEnd().split('\n')).toEqual(lines);
    expect([stderr, code]).toEqual(['', 0]);
  };

/** A program shows one place, at which it is refused with words that match. */
const isRefused =
  (words: RegExp) =>
  ({ stdout, stderr, code }: Ended): void => {
    expect(stdout).toMatch(/^\S+ BlockingError: [^\n]*\n$/);
    expect(stdout).toMatch(words);
    expect([stderr, code]).toEqual(['', 0]);
  };

/** Node holds what it uses since 24. */
const worksSince24 = (words: RegExp): ((ended: Ended) => void) =>
  parseInt(process.versions.node) < 24
    ? isRefused(words)
    : ({ stdout, code }) => {
        expect(stdout).toMatch(/^\w+ works\n$/);
        expect(code).toBe(0);
      };

const microtask = /inside a microtask.*"await" here.*synchronous\(fn\).*async-tamer\/register/;
const immediate = /in a setImmediate\(\) callback.*setTimeout\(\)/;
const parser = /while Node parses an HTTP message.*"await" here/;
const nested = /while another block\(\) turns the event loop/;
const message = /where a message of another thread or port arrives.*setTimeout\(\)/;
const exiting = /while the process exits/;

/** In a thread, as in the process: the program starts itself there. */
const inThread = (code: string): string => `
  const { Worker, isMainThread } = require('node:worker_threads');
  if (isMainThread) new Worker(__filename); else {${code}}`;

const connection = (place: string): string => `
  const net = require('node:net');
  const at = (place) => { if (place === '${place}') show(place); };
  const server = net.createServer((socket) => { at('connection'); socket.on('data', () => socket.end('answer')); });
  server.listen(0, '127.0.0.1', () => {
    at('listening');
    const client = net.connect(server.address().port, '127.0.0.1', () => { at('connect'); client.write('question'); });
    client.on('data', () => at('data')).on('close', () => { at('close'); server.close(); });
  });`;

describe('block() at the top level', () => {
  const program = programs('top-level');

  program('works in a CommonJS module', "show('top');", prints('top works'));

  program(
    'works with "node -e"',
    { code: '', args: (path) => ['-e', `require(${JSON.stringify(path)}); ${inline}`] },
    prints('inline works'),
  );

  program(
    'works in a module that is preloaded with "node -r"',
    { code: "show('preload');", args: (path) => ['-r', path, '-e', '0'] },
    prints('preload works'),
  );

  program(
    'waits for the cleanup of what will not come, but not for a cleanup that will not end',
    `
    const job = (bye) => tamed(function* () {
      try { yield* tamed.from(new Promise(() => {})); } catch { console.log('caught'); }
      finally { yield* tamed.from(bye()); console.log('cleaned up'); }
    })();
    for (const bye of [() => new Promise((end) => setTimeout(end, 5)), () => new Promise(() => {})]) {
      try { job(bye).block(); } catch (error) { console.log(error.message.slice(0, 40)); }
    }`,
    prints(
      'cleaned up',
      'Cannot block any longer (deadlock): noth',
      'Cannot block any longer (deadlock): noth',
    ),
  );

  program(
    'begins nothing in an ES module that cannot be waited for',
    {
      file: 'main.mjs',
      code: `
    const post = tamed(async () => console.log('post'));
    const job = tamed(function* () {
      try { yield* post(); } catch { console.log('caught'); } finally { console.log('cleaned up'); }
    });
    try { job().block(); } catch (error) { console.log(error.name); }`,
    },
    prints('cleaned up', 'BlockingError'),
  );

  program('is refused in an ES module', { code: "show('top');", file: 'main.mjs' }, isRefused(microtask));

  program(
    'is refused in a module that is preloaded with "node --import"',
    {
      code: "show('preload');",
      file: 'main.mjs',
      args: (path) => ['--import', pathToFileURL(path).href, '-e', '0'],
    },
    isRefused(microtask),
  );

  program(
    'is refused in a CommonJS module that an ES module imports',
    { code: "show('import');", args: (path) => ['--input-type=module', '-e', importing(path)] },
    isRefused(microtask),
  );

  program(
    'works in an ES module that a CommonJS module requires',
    {
      code: "show('require');",
      file: 'main.mjs',
      args: (path) => ['-e', `require(${JSON.stringify(path)})`],
    },
    prints('require works'),
  );

  program('works in a worker thread that is CommonJS', inThread("show('thread');"), prints('thread works'));

  program(
    'works in another context of vm, with its own microtasks, too',
    `
    const vm = require('node:vm');
    vm.runInNewContext('show("context")', { show });
    vm.runInNewContext('show("own")', { show }, { microtaskMode: 'afterEvaluate' });`,
    prints('context works', 'own works'),
  );

  program(
    'works in the REPL',
    {
      args: (path) => ['--no-deprecation', path],
      code: `
    const { PassThrough } = require('node:stream');
    const input = new PassThrough();
    require('node:repl').start({ input, output: process.stdout, prompt: '', useGlobal: true });
    input.end('kit.later("works").block()\\n');`,
    },
    prints("'works'"),
  );
});

const inline = "console.log('inline', globalThis.kit.later('works').block())";
const importing = (path: string): string => `await import(${JSON.stringify(pathToFileURL(path).href)});`;

describe('block() in a timer', () => {
  const program = programs('timer');

  program(
    'works again and again, also in a thread',
    `
    const { Worker, isMainThread } = require('node:worker_threads');
    setTimeout(() => { show('once'); show('twice'); if (isMainThread) new Worker(__filename); }, 1);`,
    prints('once works', 'twice works', 'once works', 'twice works'),
  );

  program(
    'lets timers that were pending before fire, those of the same duration too',
    `
    const fired = [];
    setTimeout(() => {
      later(0, 30).block();
      console.log(fired.sort().join());
    }, 1);
    for (const ms of [1, 2, 5, 10]) setTimeout(() => fired.push(ms), ms);
    setTimeout(() => fired.push('same'), 1);`,
    prints('1,10,2,5,same'),
  );

  program(
    'waits for a timer that was pending before, with nothing else in the loop',
    `
    const pending = new Promise((resolve) => setTimeout(resolve, 20, 'works'));
    setTimeout(() => console.log('pending', tamed.from(pending).block()), 1);`,
    prints('pending works'),
  );

  program(
    'waits for one of its own duration',
    `
    setTimeout(() => console.log('nested', tamed(() => new Promise((r) => setTimeout(r, 1, 'works')))().block()), 1);`,
    prints('nested works'),
  );

  program(
    'works in each tick of an interval, which goes on after that',
    `
    let ticks = 0;
    const interval = setInterval(() => { show(++ticks); if (ticks === 3) clearInterval(interval); }, 1);`,
    prints('1 works', '2 works', '3 works'),
  );

  program(
    'works in an unreferenced one, while something else keeps the loop alive',
    `
    setTimeout(() => show('unref'), 1).unref();
    setTimeout(() => {}, 20);`,
    prints('unref works'),
  );

  program(
    'works in a timer inside a timer, and in the tick between two of them',
    `
    const nested = () => setTimeout(() => setTimeout(() => show('inner'), 1), 1);
    setTimeout(() => process.nextTick(() => { show('tick'); nested(); }), 1); // None of them is due while another one blocks.
    setTimeout(() => {}, 1);`,
    prints('tick works', 'inner works'),
  );

  program(
    'does not hold up timers of many durations',
    `
    let fired = 0;
    setTimeout(() => { later(0, 100).block(); console.log(fired); }, 1);
    for (let ms = 1; ms <= 60; ms++) setTimeout(() => fired++, ms);`,
    prints('60'),
  );
});

describe('block() in the callback of I/O', () => {
  const program = programs('io');

  program(
    'works for files, also in a thread',
    inThread("require('node:fs').stat('.', () => show('file'));"),
    prints('file works'),
  );

  for (const place of ['listening', 'connection', 'connect', 'data', 'close']) {
    program(`works for connections: ${place}`, connection(place), prints(`${place} works`));
  }

  program(
    'works though the connection closes meanwhile, and tells that then',
    `
    const net = require('node:net');
    const server = net.createServer((socket) => { socket.end('text'); server.close(); });
    server.listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1');
      const closed = new Promise((resolve) => client.on('close', () => { console.log('close'); resolve('data'); }));
      client.on('data', () => console.log(tamed.from(closed).block()));
    });`,
    prints('close', 'data'),
  );

  program(
    'is refused, or works, but never crashes, where the connection has been destroyed before',
    `
    const net = require('node:net');
    const server = net.createServer((socket) => { socket.write('text'); socket.on('error', () => {}); server.close(); });
    server.listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1');
      client.on('data', () => { client.destroy(); show('data'); });
    });`,
    worksSince24(/in a callback of what has just been closed.*setTimeout\(\)/),
  );

  program(
    'is refused, or works, but never crashes, where a child process has exited',
    "require('node:child_process').spawn(process.execPath, ['-e', '0']).on('exit', () => show('exit'));",
    worksSince24(/in a callback of what has just been closed.*setTimeout\(\)/),
  );

  program(
    'waits for a child process, and works in its events',
    `
    const { execFile, spawn } = require('node:child_process');
    const { promisify } = require('node:util');
    console.log(tamed(() => promisify(execFile)(process.execPath, ['-p', '6 * 7']))().block().stdout.trim());
    spawn(process.execPath, ['-p', '6 * 7']).stdout.on('data', () => show('data'));`,
    prints('42', 'data works'),
  );

  program(
    'waits for a name to be looked up, and for what is compressed',
    `
    const { lookup } = require('node:dns/promises');
    const { gzip } = require('node:zlib');
    console.log(typeof tamed(() => lookup('localhost'))().block().address);
    gzip('text', () => show('gzip'));`,
    prints('string', 'gzip works'),
  );

  program(
    'is refused in a message of a thread, the port of which may close meanwhile',
    `
    const { Worker } = require('node:worker_threads');
    const worker = new Worker('require("node:worker_threads").parentPort.postMessage(1)', { eval: true });
    worker.on('message', () => show('message'));`,
    isRefused(message),
  );

  program(
    'works in a message to a thread, and in the exit of one',
    `
    const { Worker, isMainThread, parentPort } = require('node:worker_threads');
    if (isMainThread) {
      const worker = new Worker(__filename);
      worker.postMessage(1);
      worker.on('exit', () => show('exit'));
    } else parentPort.once('message', () => show('message'));`,
    prints('message works', 'exit works'),
  );

  program(
    'works in a tick of a message, though the port closes meanwhile',
    `
    const { Worker } = require('node:worker_threads');
    const worker = new Worker('require("node:worker_threads").parentPort.postMessage(1)', { eval: true });
    worker.on('message', () => process.nextTick(() => console.log(later('works', 200).block())));`,
    (ended) => {
      if (ended.signal !== null) {
        pending('Node frees the port, which it then uses; whose tick it is cannot be told.');
      }
      prints('works')(ended);
    },
  );

  program(
    'waits for an answer of a thread',
    `
    const { Worker } = require('node:worker_threads');
    const { once } = require('node:events');
    const answer = tamed(async () => {
      const worker = new Worker('require("node:worker_threads").parentPort.postMessage(42)', { eval: true });
      return (await once(worker, 'message'))[0];
    });
    console.log(answer().block());`,
    prints('42'),
  );

  program(
    'works in the data of stdin, though that ends meanwhile',
    { code: "process.stdin.setEncoding('utf8').on('data', show);", input: 'line' },
    prints('line works'),
  );

  program(
    'works at the end of stdin',
    { code: "process.stdin.resume().on('end', () => show('end'));", input: 'line' },
    prints('end works'),
  );
});

describe('block() with HTTP', () => {
  const program = programs('http');
  const exchange = (server: string, client = "response.resume().on('end', () => server.close())"): string => `
    const http = require('node:http');
    const server = http.createServer((request, response) => {${server}}).listen(0, '127.0.0.1', () => {
      const options = { port: server.address().port, host: '127.0.0.1', method: 'POST', agent: false };
      http.request(options, (response) => {${client}}).end('body');
    });`;

  program(
    "is refused in a server's handler, before the body",
    exchange("show('handler'); response.end();"),
    isRefused(parser),
  );

  program(
    "is refused in a server's handler without a body, too",
    exchange("show('handler'); response.end();").replace("'POST'", "'GET'").replace("end('body')", 'end()'),
    isRefused(parser),
  );

  program(
    'is refused where the body arrives',
    `
    let client;
    const sendBody = () => client.end('body');
    ${exchange(
      "request.on('data', () => show('data')).on('end', () => response.end()); setTimeout(sendBody);",
    )
      .replace('http.request', 'client = http.request')
      .replace(".end('body')", '; client.flushHeaders()')}`,
    isRefused(parser),
  );

  program(
    'works when the request has ended',
    exchange("request.resume().on('end', () => { show('end'); response.end(); });"),
    prints('end works'),
  );

  program(
    'is refused after an await, in words about that',
    exchange("(async () => { await sleep(1); show('awaited'); response.end(); })();"),
    isRefused(microtask),
  );

  program(
    'works on an island in a handler',
    exchange("synchronous(() => show('island')).then(() => response.end());"),
    prints('island works'),
  );

  program(
    "is refused in a client's response",
    exchange(
      "response.end('answer');",
      "show('response'); response.resume().on('end', () => server.close());",
    ),
    isRefused(parser),
  );

  program(
    "is refused in a response's data",
    exchange(
      'response.flushHeaders(); globalThis.answer = response;',
      "response.on('data', () => show('data')).on('end', () => server.close()); setTimeout(() => answer.end('answer'));",
    ),
    isRefused(parser),
  );

  program(
    'works when the response has ended',
    exchange(
      "response.end('answer');",
      "response.resume().on('end', () => { show('end'); server.close(); });",
    ),
    prints('end works'),
  );

  program(
    'waits for a request to a server in the same thread',
    `
    const http = require('node:http');
    const server = http.createServer((request, response) => { response.end('answer'); });
    const get = tamed(async () => {
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      const response = await fetch('http://127.0.0.1:' + server.address().port, { headers: { connection: 'close' } });
      return response.text();
    });
    console.log(get().block());
    server.close();`,
    prints('answer'),
  );
});

describe('block() in other callbacks', () => {
  const program = programs('callbacks');

  program('works in process.nextTick()', "process.nextTick(() => show('tick'));", prints('tick works'));

  program(
    'is refused in microtasks: queueMicrotask(), promises, Atomics.waitAsync()',
    `
    queueMicrotask(() => show('queueMicrotask'));
    Promise.resolve().then(() => show('then'));
    const shared = new Int32Array(new SharedArrayBuffer(4));
    const alive = setInterval(() => {}, 1000);
    Atomics.waitAsync(shared, 0, 0, 1).value.then(() => { show('waitAsync'); clearInterval(alive); });`,
    ({ stdout, code }) => {
      const lines = stdout.trimEnd().split('\n');
      expect(lines.map((line) => line.split(' ')[0])).toEqual(['queueMicrotask', 'then', 'waitAsync']);
      expect(lines.every((line) => microtask.test(line))).toBeTrue();
      expect(code).toBe(0);
    },
  );

  program(
    'is refused in a tick of a microtask, though the tick before it throws',
    `
    process.on('uncaughtException', () => {});
    queueMicrotask(() => { process.nextTick(() => { throw new Error(); }); show('microtask'); });`,
    isRefused(microtask),
  );

  program(
    'works in an async function before its first await, and is refused after that',
    "(async () => { show('before'); await null; show('after'); })();",
    ({ stdout, code }) => {
      const [before, after] = stdout.split('\n');
      expect(before).toBe('before works');
      expect(after).toMatch(microtask);
      expect(code).toBe(0);
    },
  );

  program('is refused in setImmediate()', "setImmediate(() => show('immediate'));", isRefused(immediate));

  program(
    'is refused in setImmediate() bound to another resource',
    `
    const { AsyncResource } = require('node:async_hooks');
    setImmediate(AsyncResource.bind(() => show('bound')));`,
    isRefused(immediate),
  );

  program(
    'is refused in a tick between two immediates',
    "setImmediate(() => process.nextTick(() => show('between'))); setImmediate(() => {});",
    isRefused(immediate),
  );

  program(
    'works in a tick after the last immediate, asleep while it waits',
    `
    setImmediate(() => process.nextTick(() => {
      const before = process.cpuUsage();
      later(0, 300).block();
      const { user, system } = process.cpuUsage(before);
      console.log((user + system) / 1000 < 150);
    }));`,
    prints('true'),
  );

  program(
    'works in an event of an EventTarget, an EventEmitter and an AbortSignal',
    `
    const { EventEmitter } = require('node:events');
    const target = new EventTarget();
    target.addEventListener('event', () => show('target'));
    target.dispatchEvent(new Event('event'));
    new EventEmitter().on('event', () => show('emitter')).emit('event');
    AbortSignal.timeout(1).onabort = () => show('signal');
    setTimeout(() => {}, 100);`,
    prints('target works', 'emitter works', 'signal works'),
  );

  program(
    'works where garbage is told to have been collected',
    {
      code: `
      const registry = new FinalizationRegistry(() => { show('finalization'); clearInterval(interval); });
      (() => registry.register({}, 1))();
      const interval = setInterval(gc, 1);`,
      args: (path) => ['--expose-gc', path],
    },
    prints('finalization works'),
  );

  program(
    'works in a domain, which it does not leave',
    {
      code: `
      const domain = require('node:domain').create();
      domain.run(() => { show('domain'); console.log(process.domain === domain); });`,
      args: (path) => ['--no-deprecation', path],
    },
    prints('domain works', 'true'),
  );

  program(
    'is refused inside another one, which goes on',
    `
    setTimeout(() => show('inner'), 1);
    console.log('outer', later('works', 20).block());
    show('next');`,
    ({ stdout, code }) => {
      const [inner, ...others] = stdout.trimEnd().split('\n');
      expect(inner).toMatch(nested);
      expect(others).toEqual(['outer works', 'next works']);
      expect(code).toBe(0);
    },
  );

  program(
    'is refused in each callback inside another one: tick, immediate, I/O, signal, message',
    {
      needs: 'signalsAreHeard',
      code: `
    let left = 5;
    let end;
    const all = new Promise((resolve) => { end = resolve; });
    const shown = (place) => { show(place); if (--left === 0) end('works'); };
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { shown('message'); port1.close(); };
    port2.postMessage(1);
    process.on('SIGUSR2', () => shown('signal'));
    process.kill(process.pid, 'SIGUSR2');
    setTimeout(() => process.nextTick(() => shown('tick')), 1);
    setImmediate(() => shown('immediate'));
    require('node:fs').stat('.', () => shown('file'));
    console.log('outer', tamed.from(all).block());
    process.removeAllListeners('SIGUSR2');`,
    },
    ({ stdout, code }) => {
      const lines = stdout.trimEnd().split('\n');
      expect(lines.pop()).toBe('outer works');
      expect(lines.map((line) => line.split(' ')[0]).sort()).toEqual([
        'file',
        'immediate',
        'message',
        'signal',
        'tick',
      ]);
      expect(lines.every((line) => nested.test(line))).toBeTrue();
      expect(code).toBe(0);
    },
  );

  program(
    'keeps the context of AsyncLocalStorage, for itself and for the callbacks that it lets run',
    `
    const { AsyncLocalStorage } = require('node:async_hooks');
    const storage = new AsyncLocalStorage();
    storage.run('pending', () => {
      setTimeout(() => console.log('timer', storage.getStore()), 1);
      setImmediate(() => console.log('immediate', storage.getStore()));
      require('node:fs').stat('.', () => storage.run('inner', () => later(1)));
    });
    storage.run('own', () => {
      later(0, 30).block();
      console.log('after', storage.getStore());
      setTimeout(() => { later(0, 5).block(); console.log('in a timer', storage.getStore()); }, 1);
    });`,
    ({ stdout, code }) => {
      const lines = stdout.trimEnd().split('\n');
      expect(lines).toEqual(
        jasmine.arrayWithExactContents(['immediate pending', 'timer pending', 'after own', 'in a timer own']),
      );
      expect(code).toBe(0);
    },
  );
});

describe('block() at the end of a process', () => {
  const program = programs('end');

  program(
    'works in "beforeExit", after which the process ends as ever',
    `
    process.once('beforeExit', () => show('beforeExit'));
    process.on('exit', (code) => console.log('exit', code));
    show('top');`,
    prints('top works', 'beforeExit works', 'exit 0'),
  );

  program(
    'is refused in "exit", though something is left in the loop',
    "setInterval(() => {}, 1000); process.on('exit', () => show('exit')); process.exit();",
    isRefused(exiting),
  );

  program(
    'is refused in "exit" after an exception',
    "process.on('exit', () => show('exit')); setTimeout(() => { throw new Error('failure'); }, 1);",
    ({ stdout, stderr, code }) => {
      expect(stdout).toMatch(exiting);
      expect(stderr).toContain('failure');
      expect(code).toBe(1);
    },
  );

  program(
    'works in a handler of uncaught exceptions, whatever threw',
    `
    process.on('uncaughtException', ({ message }) => { show(message); throwers.shift()?.(); });
    const fail = (place) => () => { throw new Error(place); };
    const throwers = [
      () => setTimeout(fail('timer'), 5),
      () => require('node:fs').stat('.', fail('file')),
    ];
    process.nextTick(fail('tick'));`,
    prints('tick works', 'timer works', 'file works'),
  );

  program(
    'works in a handler of unhandled rejections',
    "process.on('unhandledRejection', ({ message }) => show(message)); Promise.reject(new Error('rejection'));",
    prints('rejection works'),
  );
});
