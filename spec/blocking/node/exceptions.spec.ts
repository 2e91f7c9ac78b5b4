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
};

/** Likewise, where JavaScript has no callback that could be wrapped; the error itself is lost in a newer Node. */
const losers = {
  'a signal':
    "process.once('SIGUSR2', () => { throw new Error('failure'); }); process.kill(process.pid, 'SIGUSR2');",
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

  for (const [place, code] of Object.entries(losers)) {
    const needs = place === 'a signal' ? { needs: 'signalsAreHeard' as const } : {};
    program(
      `is never passed over, if thrown in ${place}`,
      { code: handled(code), ...needs },
      ({ stdout, stderr, code: exitCode }) => {
        const [first, ...others] = stdout.trimEnd().split('\n');
        expect(first).toMatch(
          /^handled (?:failure|A callback \(\w+\) threw while block\(\) .* lost the error\.)/,
        );
        expect(others).toEqual(['blocked', 'again works', 'later works', 'exit']);
        expect([stderr, exitCode]).toEqual(['', 0]);
      },
    );

    program(
      `ends the process where nobody handles it, if thrown in ${place}`,
      { code: unhandled(code), ...needs },
      (ended) => {
        expect(ended.stdout).toBe('');
        expect(ended.stderr).toMatch(/Error: failure\n|BlockingError: A callback \(\w+\) threw/);
        expect(ended.code).toBe(1);
      },
    );

    program(`is the error itself, if thrown in ${place}`, { code: handled(code), ...needs }, (ended) => {
      if (nodeVersion >= 22) {
        pending('From Node 22 on, V8 drops it: the addon has no verbose TryCatch around the turn.');
      }
      isHandled(ended);
    });
  }

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

  program(
    'ends the thread in which it is thrown, and no other',
    `
    const { Worker, isMainThread } = require('node:worker_threads');
    if (isMainThread) {
      new Worker(__filename).on('error', ({ message }) => console.log('error', message)).on('exit', (code) => console.log('exit', code));
    } else {
      setTimeout(() => { throw new Error('failure'); }, 1);
      later(0, 1e6).block();
    }`,
    ({ stdout, code }) => {
      expect([stdout, code]).toEqual(['error failure\nexit 1\n', 0]);
    },
  );

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
