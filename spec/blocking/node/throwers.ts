import type { Ended } from '../../support/child-process.ts';

/* Programs in which an exception is thrown during a block(), in many places, and how they end. */

/** Each of them throws in a callback that runs during the block. */
export const throwers = {
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
export const signals = {
  'a listener of a signal':
    "process.on('SIGUSR2', () => { throw new Error('failure'); }); process.kill(process.pid, 'SIGUSR2');",
  'a listener of a signal, for once':
    "process.once('SIGUSR2', () => { throw new Error('failure'); }); process.kill(process.pid, 'SIGUSR2');",
  'the second listener of a signal': `
    process.on('SIGUSR2', () => {}).once('SIGUSR2', () => { throw new Error('failure'); });
    process.kill(process.pid, 'SIGUSR2');`,
};

/** Likewise, where JavaScript cannot come between Node and the callback; the error itself is lost from Node 24 on. */
export const losers = {
  'a job of node:crypto that has begun before':
    "require('node:crypto').randomBytes(8, () => { throw new Error('failure'); });",
  'a job of node:crypto, with a timer due in the same turn': `
    require('node:crypto').randomBytes(8, () => { throw new Error('failure'); });
    setTimeout(() => require('node:fs').statSync('.'), 1);
    for (const end = Date.now() + 30; Date.now() < end;);`,
};

/** It is handled. */
export const handled = (code: string): string => `
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

/** Nobody handles it. */
export const unhandled = (code: string): string => `
  ${code}
  console.log(attempt(() => later('blocked', 1e6).block()));`;

export const isHandled = ({ stdout, stderr, code }: Ended): void => {
  expect(stdout.trimEnd().split('\n')).toEqual([
    'handled failure',
    'blocked',
    'again works',
    'later works',
    'exit',
  ]);
  expect([stderr, code]).toEqual(['', 0]);
};

export const endsProcess = ({ stdout, stderr, code }: Ended): void => {
  expect(stdout).toBe('');
  expect(stderr).toContain('Error: failure\n');
  expect(stderr).not.toMatch(/corrupted|Native stack|FATAL/);
  expect(code).toBe(1);
};
