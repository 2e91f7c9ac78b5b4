import type { Ended } from '../../support/child-process.ts';
import { programs } from '../../support/programs.ts';

const nodeVersion = parseInt(process.versions.node);

/** Each of them throws in a callback that runs during the block. */
const throwers = {
  'a timer': "setTimeout(() => { throw new Error('failure'); }, 1);",
  'a tick': "process.nextTick(() => { throw new Error('failure'); });",
  'a tick of a timer': "setTimeout(() => process.nextTick(() => { throw new Error('failure'); }), 1);",
  'a tick of I/O':
    "require('node:fs').stat('.', () => process.nextTick(() => { throw new Error('failure'); }));",
  'a microtask': "queueMicrotask(() => { throw new Error('failure'); });",
  'an async function': "(async () => { await null; throw new Error('failure'); })();",
  'an immediate': "setImmediate(() => { throw new Error('failure'); });",
  'an immediate of a timer': "setTimeout(() => setImmediate(() => { throw new Error('failure'); }), 1);",
  'an immediate of I/O':
    "require('node:fs').stat('.', () => setImmediate(() => { throw new Error('failure'); }));",
  'an immediate of an immediate':
    "setImmediate(() => setImmediate(() => { throw new Error('failure'); })); setImmediate(() => {});",
  'a tick between immediates':
    "setImmediate(() => process.nextTick(() => { throw new Error('failure'); })); setImmediate(() => {});",
  'an interval': "setInterval(() => { throw new Error('failure'); }, 5).unref();",
  'a message of a port':
    "const { port1, port2 } = new MessageChannel(); port1.onmessage = () => { port1.close(); throw new Error('failure'); }; port2.postMessage(1);",
  'an EventTarget':
    "const target = new EventTarget(); target.addEventListener('event', () => { throw new Error('failure'); }); target.dispatchEvent(new Event('event'));",
  'an observer of RxJS':
    "const { timer } = require('rxjs'); timer(1).subscribe(() => { throw new Error('failure'); });",
  'a file': "require('node:fs').stat('.', () => { throw new Error('failure'); });",
  'a file, with a timer due in the same turn': `
    require('node:fs').stat('.', () => { throw new Error('failure'); });
    setTimeout(() => {}, 1);
    for (const end = Date.now() + 30; Date.now() < end;);`,
  'a file that is asked for in the callback of another':
    "const { stat } = require('node:fs'); stat('.', () => stat('.', () => { throw new Error('failure'); }));",
  'a look-up of a name': "require('node:dns').lookup('localhost', () => { throw new Error('failure'); });",
  'a server': `
    const { connect, createServer } = require('node:net');
    const server = createServer((socket) => {
      socket.destroy();
      server.close();
      throw new Error('failure');
    });
    server.listen(0, '127.0.0.1', () => connect(server.address().port, '127.0.0.1').on('error', () => {}));`,
  'a child process':
    "require('node:child_process').spawn(process.execPath, ['-e', '0']).on('exit', () => { throw new Error('failure'); });",
  'the output of a child process':
    "require('node:child_process').spawn(process.execPath, ['-p', '0']).stdout.once('data', () => { throw new Error('failure'); });",
  'the close of a child process':
    "require('node:child_process').spawn(process.execPath, ['-e', '0']).on('close', () => { throw new Error('failure'); });",
  'a child process that is unreferenced': `
    const child = require('node:child_process').spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
    child.unref();
    child.on('exit', () => { throw new Error('failure'); });`,
  'a server that is unreferenced': `
    const { connect, createServer } = require('node:net');
    const server = createServer((socket) => {
      socket.destroy();
      server.close();
      throw new Error('failure');
    }).unref();
    server.listen(0, '127.0.0.1', () => connect(server.address().port, '127.0.0.1').on('error', () => {}));`,
  'the close of a socket': `
    const { connect, createServer } = require('node:net');
    const server = createServer((socket) => {
      socket.on('close', () => { throw new Error('failure'); });
      socket.destroy();
      server.close();
    });
    server.listen(0, '127.0.0.1', () => connect(server.address().port, '127.0.0.1').on('error', () => {}));`,
  'the close of a server that was begun before':
    "const server = require('node:net').createServer(); server.listen(0); server.close(() => { throw new Error('failure'); });",
  'an HTTP request': `
    const http = require('node:http');
    const server = http.createServer(({ socket }) => {
      socket.destroy();
      server.close();
      throw new Error('failure');
    });
    server.listen(0, '127.0.0.1', () => http.get(server.address()).on('error', () => {}));`,
  'a datagram': `
    const socket = require('node:dgram').createSocket('udp4', () => { socket.close(); throw new Error('failure'); });
    socket.bind(0, '127.0.0.1', () => socket.send('x', socket.address().port, '127.0.0.1'));`,
  'a datagram of a socket that is unreferenced': `
    const socket = require('node:dgram').createSocket('udp4', () => { socket.close(); throw new Error('failure'); }).unref();
    socket.bind(0, '127.0.0.1', () => socket.send('x', socket.address().port, '127.0.0.1'));`,
  'a watched folder that does not keep the loop alive': `
    const { mkdtempSync, rmSync, watch, writeFileSync } = require('node:fs');
    const folder = mkdtempSync(require('node:path').join(require('node:os').tmpdir(), 'exceptions-'));
    process.on('exit', () => rmSync(folder, { recursive: true }));
    const watcher = watch(folder, { persistent: false }, () => { watcher.close(); throw new Error('failure'); });
    setTimeout(() => writeFileSync(folder + '/file', ''), 5);`,
  'the exit of a thread':
    "new (require('node:worker_threads').Worker)('0', { eval: true }).on('exit', () => { throw new Error('failure'); });",
  'a message of a thread':
    "new (require('node:worker_threads').Worker)('postMessage(1)', { eval: true }).on('error', () => { throw new Error('failure'); });",
  'the end of a compression': "require('node:zlib').deflate('text', () => { throw new Error('failure'); });",
  'a stream of a compression':
    "require('node:zlib').createDeflateRaw().once('data', () => { throw new Error('failure'); }).end('text');",
  'the content of a file': "require('node:fs').readFile(__filename, () => { throw new Error('failure'); });",
  'an answer of DNS':
    "require('node:dns').resolve('localhost.invalid', () => { throw new Error('failure'); });",
  'a job of node:crypto that begins during the block':
    "setTimeout(() => require('node:crypto').randomBytes(8, () => { throw new Error('failure'); }), 1);",
};

/** Likewise, where the system has signals. */
const signals = {
  'a listener of a signal':
    "process.on('SIGUSR2', () => { throw new Error('failure'); }); process.kill(process.pid, 'SIGUSR2');",
  'a listener of a signal, for once':
    "process.once('SIGUSR2', () => { throw new Error('failure'); }); process.kill(process.pid, 'SIGUSR2');",
  'the second listener of a signal': `
    process.on('SIGUSR2', () => {}).once('SIGUSR2', () => { throw new Error('failure'); });
    process.kill(process.pid, 'SIGUSR2');`,
};

/** Likewise, where JavaScript cannot come between Node and the callback; the error itself is lost from Node 24 on. */
const losers = {
  'a job of node:crypto that has begun before':
    "require('node:crypto').randomBytes(8, () => { throw new Error('failure'); });",
  'a job of node:crypto, with a timer due in the same turn': `
    require('node:crypto').randomBytes(8, () => { throw new Error('failure'); });
    setTimeout(() => require('node:fs').statSync('.'), 1);
    for (const end = Date.now() + 30; Date.now() < end;);`,
};

const handled = (code: string): string => `
  const alive = setInterval(() => {}, 1000);
  const told = new Promise((resolve) => {
    process.on('uncaughtException', (error) => { if (!count++) console.log('handled', error.message); resolve('blocked'); });
  });
  let count = 0;
  ${code}
  console.log(attempt(() => tamed.from(told).block()));
  show('again');
  require('node:fs').stat('.', () => { show('later'); clearInterval(alive); });
  process.on('exit', () => console.log('exit'));`;

const unhandled = (code: string): string => `
  ${code}
  console.log(attempt(() => later('blocked', 1e6).block()));`;

const isHandled = ({ stdout, stderr, code }: Ended): void => {
  expect(stdout.trimEnd().split('\n')).toEqual([
    'handled failure',
    'blocked',
    'again works',
    'later works',
    'exit',
  ]);
  expect([stderr, code]).toEqual(['', 0]);
};

const endsProcess = ({ stdout, stderr, code }: Ended): void => {
  expect(stdout).toBe('');
  expect(stderr).toContain('Error: failure\n');
  expect(stderr).not.toMatch(/corrupted|Native stack|FATAL/);
  expect(code).toBe(1);
};

describe('An exception during a block()', () => {
  const program = programs('exceptions');

  for (const [place, code] of Object.entries(throwers)) {
    program(`is an uncaught one like any other, if thrown in ${place}`, handled(code), isHandled);
  }

  for (const [place, code] of Object.entries(throwers)) {
    program(
      `ends the process with exit code 1 where nobody handles it, if thrown in ${place}`,
      unhandled(code),
      endsProcess,
    );
  }

  for (const [place, code] of Object.entries(signals)) {
    const needs = 'signalsAreHeard';
    program(
      `is an uncaught one like any other, if thrown in ${place}`,
      { code: handled(code), needs },
      isHandled,
    );
    program(
      `ends the process with exit code 1 where nobody handles it, if thrown in ${place}`,
      { code: unhandled(code), needs },
      endsProcess,
    );
  }

  for (const [place, code] of Object.entries(losers)) {
    program(
      `is never passed over, if thrown in ${place}`,
      handled(code),
      ({ stdout, stderr, code: exitCode }) => {
        const [first, ...others] = stdout.trimEnd().split('\n');
        expect(first).toMatch(
          /^handled (?:failure|A callback \(RandomBytesJob\) threw while block\(\) .* lost the error\.)/,
        );
        expect(others).toEqual(['blocked', 'again works', 'later works', 'exit']);
        expect([stderr, exitCode]).toEqual(['', 0]);
      },
    );

    program(`ends the process where nobody handles it, if thrown in ${place}`, unhandled(code), (ended) => {
      expect(ended.stdout).toBe('');
      expect(ended.stderr).toMatch(/Error: failure\n|BlockingError: A callback \(RandomBytesJob\) threw/);
      expect(ended.code).toBe(1);
    });

    program(`is the error itself, if thrown in ${place}`, handled(code), (ended) => {
      if (nodeVersion >= 24) {
        pending('From Node 24 on, JavaScript cannot come between Node and a job that it did not see begin.');
      }
      isHandled(ended);
    });
  }

  program(
    'stays with the callback that catches it',
    `
    const { EventEmitter } = require('node:events');
    const { emit } = EventEmitter.prototype;
    const emitter = new EventEmitter().on('event', () => { throw new Error('failure'); });
    const caught = (place) => { try { emitter.emit('event'); } catch ({ message }) { console.log(place, message); } };
    require('node:fs').stat('.', () => caught('file'));
    require('node:crypto').randomBytes(8, () => caught('job'));
    const child = require('node:child_process').spawn(process.execPath, ['-e', '0']);
    child.on('close', () => caught('close'));
    const closed = new Promise((resolve) => child.on('close', () => setTimeout(resolve, 50)));
    tamed.from(closed).block();
    console.log(emit === EventEmitter.prototype.emit);`,
    ({ stdout, stderr, code }) => {
      const [last, ...others] = stdout.trimEnd().split('\n').reverse();
      expect(others.sort()).toEqual(['close failure', 'file failure', 'job failure']);
      expect([last, stderr, code]).toEqual(['true', '', 0]);
    },
  );

  program(
    'of a signal leaves the listeners as they are, in their order',
    {
      code: `
      process.on('uncaughtException', ({ message }) => console.log(message));
      let times = 0;
      const first = () => { times++; console.log('first'); };
      const heard = tamed(async (n) => { while (times < n) await sleep(1); await sleep(1); });
      const once = () => { throw new Error('once'); };
      const removed = () => { process.removeListener('SIGUSR2', removed); process.removeListener('SIGUSR2', last); };
      const last = () => console.log('never');
      process.on('SIGUSR2', first).once('SIGUSR2', once).on('SIGUSR2', removed).once('SIGUSR2', last);
      for (let round = 0; round < 2; round++) {
        process.kill(process.pid, 'SIGUSR2');
        heard(round + 1).block();
        console.log(process.listeners('SIGUSR2').join() === String(first), process.rawListeners('SIGUSR2')[0] === first);
      }`,
      needs: 'signalsAreHeard',
    },
    ({ stdout, stderr, code }) => {
      // Node goes through a copy of the listeners, so the last one still hears the second signal.
      expect(stdout).toBe('first\nonce\nfalse true\nfirst\nnever\ntrue true\n');
      expect([stderr, code]).toEqual(['', 0]);
    },
  );

  program(
    'leaves the hooks of the program as they are: they hear of all callbacks, during the block and after it',
    `
    const { createHook, executionAsyncId, AsyncLocalStorage } = require('node:async_hooks');
    const { stat } = require('node:fs');
    const storage = new AsyncLocalStorage();
    const ids = new Set();
    let handled = 0;
    process.on('uncaughtException', () => handled++);
    const fail = () => stat('.', () => { throw new Error('failure'); });
    const heard = (place) => storage.run('own', () => stat('.', () => {
      const id = executionAsyncId();
      process.nextTick(() => console.log(place, ids.has(id), ids.has(-id), storage.getStore()));
    }));
    fail();
    later(0, 20).block();
    const hook = createHook({ before: (id) => ids.add(id), after: (id) => ids.add(-id) }).enable();
    heard('between');
    setTimeout(() => {
      fail();
      heard('during');
      later(0, 20).block();
      heard('after');
      process.on('exit', () => console.log(handled));
    }, 20);`,
    ({ stdout, stderr, code }) => {
      expect(stdout).toBe('between true true own\nduring true true own\nafter true true own\n2\n');
      expect([stderr, code]).toEqual(['', 0]);
    },
  );

  program(
    'does not reach other callbacks of the same turn',
    `
    process.on('uncaughtException', () => {});
    const { stat, statSync } = require('node:fs');
    stat('.', () => { throw new Error('failure'); });
    stat('.', () => console.log('other', attempt(() => typeof statSync('.'))));
    const end = Date.now() + 50;
    while (Date.now() < end);
    later(0, 20).block();`,
    ({ stdout, code }) => {
      expect(stdout).toBe('other object\n');
      expect(code).toBe(0);
    },
  );

  program(
    'leaves the context of AsyncLocalStorage as it is, for what comes after the block',
    `
    const storage = new (require('node:async_hooks').AsyncLocalStorage)();
    process.on('uncaughtException', () => {});
    setTimeout(() => { throw new Error('failure'); }, 1);
    storage.run('own', () => {
      later(0, 20).block();
      console.log(storage.getStore());
    });`,
    ({ stdout, code }) => {
      if (nodeVersion < 24) {
        pending(
          'Until Node 24, an uncaught exception that is handled clears the context of all that is on the stack.',
        );
      }
      expect(stdout).toBe('own\n');
      expect(code).toBe(0);
    },
  );

  program(
    'is told one by one, though a tick that throws comes back for ever',
    `
    let handled = 0;
    process.on('uncaughtException', () => { if (++handled === 1000) { console.log('thousand'); process.exit(); } });
    const again = () => { process.nextTick(again); throw new Error('failure'); };
    process.nextTick(again);
    attempt(() => later('blocked').block());`,
    ({ stdout, code }) => {
      expect([stdout, code]).toEqual(['thousand\n', 0]);
    },
  );

  const places = [
    'a timer',
    'a tick',
    'an immediate',
    'a file',
    'a server that is unreferenced',
    'the close of a socket',
  ] as const;

  for (const place of places) {
    program(
      `ends the process with exit code 7 where its handler throws in turn, if thrown in ${place}`,
      `
      process.on('uncaughtException', ({ message }) => { throw new Error('handler of ' + message); });
      ${throwers[place]}
      console.log(attempt(() => later('blocked', 1e6).block()));`,
      ({ stdout, stderr, code }) => {
        expect(stdout).toBe('');
        expect(stderr).toContain('Error: handler of failure\n');
        expect(stderr).not.toMatch(/corrupted|Native stack|FATAL/);
        expect(code).toBe(7);
      },
    );

    program(
      `ends the thread at once, and no other, if thrown in ${place}`,
      `
      const { Worker, isMainThread } = require('node:worker_threads');
      if (isMainThread) {
        new Worker(__filename).on('error', ({ message }) => console.log('error', message)).on('exit', (code) => console.log('exit', code));
      } else {
        ${throwers[place]}
        console.log(attempt(() => later('blocked', 1e6).block()));
      }`,
      ({ stdout, stderr, code }) => {
        expect([stdout, stderr, code]).toEqual(['error failure\nexit 1\n', '', 0]);
      },
    );

    program(
      `is an uncaught one where the program has hooks of its own, if thrown in ${place}`,
      handled(`
      require('node:async_hooks').createHook({ before() {}, after() {} }).enable();
      ${throwers[place]}`),
      isHandled,
    );

    program(
      `is told to the domain, if thrown in ${place}`,
      {
        code: `
        const alive = setInterval(() => {}, 1000);
        const domain = require('node:domain').create();
        domain.run(() => { ${throwers[place]} });
        const told = new Promise((resolve) => domain.once('error', ({ message }) => resolve(message)));
        console.log(tamed.from(told).block());
        clearInterval(alive);`,
        args: (path) => ['--no-deprecation', path],
      },
      ({ stdout, stderr, code }) => {
        expect([stdout, stderr, code]).toEqual(['failure\n', '', 0]);
      },
    );
  }

  program(
    'is that of a rejection nobody handles, as ever',
    `
    process.on('unhandledRejection', ({ message }) => console.log('rejection', message));
    setTimeout(() => Promise.reject(new Error('failure')), 1);
    console.log(later('blocked', 20).block());`,
    ({ stdout, code }) => {
      expect([stdout, code]).toEqual(['rejection failure\nblocked\n', 0]);
    },
  );

  program(
    'is told to process.setUncaughtExceptionCaptureCallback(), and to a domain',
    {
      code: `
      const told = (listen) => tamed.from(new Promise((resolve) => listen(({ message }) => resolve(message))));
      setImmediate(() => { throw new Error('failure'); });
      console.log('captured', told((tell) => process.setUncaughtExceptionCaptureCallback(tell)).block());
      process.setUncaughtExceptionCaptureCallback(null);
      const domain = require('node:domain').create();
      domain.run(() => setTimeout(() => { throw new Error('failure'); }, 1));
      console.log('domain', told((tell) => domain.on('error', tell)).block());`,
      args: (path) => ['--no-deprecation', path],
    },
    ({ stdout, code }) => {
      expect([stdout, code]).toEqual(['captured failure\ndomain failure\n', 0]);
    },
  );

  program(
    'is that of the call itself only where that fails: it is thrown by block(), the stack intact',
    `
    const faulty = tamed(async function faulty() { await sleep(1); throw new Error('failure'); });
    try { faulty().block(); } catch (error) { console.log(error.message, /faulty/.test(error.stack)); }`,
    ({ stdout, code }) => {
      expect([stdout, code]).toEqual(['failure true\n', 0]);
    },
  );

  program(
    'ends the process in its own words, if a tick throws it that a microtask lets run',
    "queueMicrotask(() => { process.nextTick(() => { throw new Error('failure'); }); attempt(() => later(1).block()); });",
    (ended) => {
      if (/corrupted/.test(ended.stderr)) {
        pending(
          'It does so in words of Node about its stack of callbacks, which JavaScript cannot put right there.',
        );
      }
      endsProcess(ended);
    },
  );
});
