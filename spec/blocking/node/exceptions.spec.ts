import { programs } from '../../support/programs.ts';
import { endsProcess, handled, isHandled, losers, signals, throwers, unhandled } from './throwers.ts';

const nodeVersion = parseInt(process.versions.node);

type Place = keyof typeof throwers;
const all = Object.keys(throwers) as Place[];

/** One of each kind. All are in exceptions.slow.spec.ts, each in a process of its own. */
const some = [
  'a timer',
  'a tick',
  'a microtask',
  'an immediate',
  'a message of a port',
  'an EventTarget',
  'a file',
  'a look-up of a name',
  'a child process that is unreferenced',
  'the close of a socket',
  'an HTTP request',
  'a message of a thread',
  'a job of node:crypto that begins during the block',
] as const satisfies readonly Place[];

/** Those of several places in one process, one after the other: to start one takes longer than all of them. */
const handledEach = (places: readonly Place[]): string => `
  const alive = setInterval(() => {}, 1000);
  const resolves = new Map();
  process.on('uncaughtException', ({ message }) => {
    const resolve = resolves.get(message);
    if (resolves.delete(message)) console.log('handled');
    resolve?.('blocked');
  });
  ${places
    .map(
      (place) => `{
        console.log('# ${place}');
        const told = new Promise((resolve) => resolves.set('failure in ${place}', resolve));
        ${throwers[place].replaceAll("Error('failure')", `Error('failure in ${place}')`)}
        console.log(attempt(() => tamed.from(told).block()));
        show('again');
      }`,
    )
    .join('\n')}
  console.log('# end');
  require('node:fs').stat('.', () => { show('later'); clearInterval(alive); });
  process.on('exit', () => console.log('exit'));`;

/** What a program has written under "# title". */
function partOf(text: string, title: string): string {
  return text.split(/^# /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
}

describe('An exception during a block()', () => {
  const program = programs('exceptions');

  const ofOneProcess = 7;
  for (let first = 0; first < all.length; first += ofOneProcess) {
    const places = all.slice(first, first + ofOneProcess);
    const shared = { code: handledEach(places) };
    for (const place of places) {
      program(
        `is an uncaught one like any other, if thrown in ${place}`,
        shared,
        ({ stdout, stderr, code }) => {
          expect(partOf(stdout, place)).toBe(`${place}\nhandled\nblocked\nagain works\n`);
          expect(partOf(stdout, 'end')).toBe('end\nlater works\nexit\n');
          expect([stderr, code]).toEqual(['', 0]);
        },
      );
    }
  }

  for (const place of some) {
    program(
      `ends the process with exit code 1 where nobody handles it, if thrown in ${place}`,
      unhandled(throwers[place]),
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
    // The threads that answer may do so in another order: one waits for the other.
    const failing = tamed(() => new Promise((resolve) => stat('.', () => { resolve(); throw new Error('failure'); })));
    const heard = tamed((place) => storage.run('own', () => new Promise((resolve) => stat('.', () => {
      const id = executionAsyncId();
      process.nextTick(() => {
        console.log(place, ids.has(id), ids.has(-id), storage.getStore());
        resolve();
      });
    }))));
    failing().block();
    const hook = createHook({ before: (id) => ids.add(id), after: (id) => ids.add(-id) }).enable();
    heard('between').then(() => setTimeout(() => {
      failing().block();
      heard('during').block();
      heard('after').then(() => console.log(handled));
    }));`,
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
  const threads = {
    code: `
    const { Worker, isMainThread, workerData } = require('node:worker_threads');
    const start = ([place, ...others]) => place && new Worker(__filename, { workerData: place })
      .on('error', ({ message }) => console.log('# ' + place + '\\nerror', message))
      .on('exit', (code) => { console.log('exit', code); start(others); });
    if (isMainThread) start(${JSON.stringify(places)});
    ${places.map((place) => `else if (workerData === '${place}') {${throwers[place]}}`).join('\n')}
    if (!isMainThread) console.log(attempt(() => later('blocked', 1e6).block()));`,
  };
  const hooked = {
    code: `require('node:async_hooks').createHook({ before() {}, after() {} }).enable();${handledEach(places)}`,
  };
  const domains = {
    code: `
    const alive = setInterval(() => {}, 1000);
    const { create } = require('node:domain');
    ${places
      .map(
        (place) => `{
          const domain = create();
          domain.run(() => { ${throwers[place]} });
          const told = new Promise((resolve) => domain.once('error', ({ message }) => resolve(message)));
          console.log('# ${place}\\n' + tamed.from(told).block());
        }`,
      )
      .join('\n')}
    clearInterval(alive);`,
    args: (path: string) => ['--no-deprecation', path],
  };

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
      threads,
      ({ stdout, stderr, code }) => {
        expect(partOf(stdout, place)).toBe(`${place}\nerror failure\nexit 1\n`);
        expect([stderr, code]).toEqual(['', 0]);
      },
    );

    program(
      `is an uncaught one where the program has hooks of its own, if thrown in ${place}`,
      hooked,
      ({ stdout, stderr, code }) => {
        expect(partOf(stdout, place)).toBe(`${place}\nhandled\nblocked\nagain works\n`);
        expect([stderr, code]).toEqual(['', 0]);
      },
    );

    program(`is told to the domain, if thrown in ${place}`, domains, ({ stdout, stderr, code }) => {
      expect(partOf(stdout, place)).toBe(`${place}\nfailure\n`);
      expect([stderr, code]).toEqual(['', 0]);
    });
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
