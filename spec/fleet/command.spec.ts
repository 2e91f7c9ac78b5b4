import { fileURLToPath } from 'node:url';

import { Redis } from '../support/redis.ts';
import { run } from '../support/child-process.ts';
import { command, describeWithServer, moduleNamed } from './kit.ts';

const work = fileURLToPath(moduleNamed('work'));
const nowhere = 'redis://127.0.0.1:1';

describe('The command async-tamer-worker', () => {
  it('says how it is used', async () => {
    const { code, stdout } = await run([command, '--help']);

    expect(code).toBe(0);
    expect(stdout).toContain('async-tamer-worker FILE --connection URL [options]');
  });

  for (const [description, args, message] of [
    ['no file', ['--connection', nowhere], /^async-tamer-worker takes one FILE/],
    ['no connection', [work], /^The option "connection" is the URL of a Redis or Valkey/],
    ['an unknown option', [work, '--speed=9'], /^Unknown option '--speed'/],
    ['no number', [work, '--connection', nowhere, '--lockMs=soon'], /^The option "--lockMs" is a number/],
  ] as const) {
    it(`refuses ${description}, and exits with 2`, async () => {
      const { code, stderr } = await run([command, ...args]);

      expect(code).toBe(2);
      expect(stderr).toMatch(message);
    });
  }

  it('says that the server cannot be reached, and exits with 1', async () => {
    const { code, stderr } = await run([command, work, '--connection', nowhere]);

    expect(code).toBe(1);
    expect(stderr).toMatch(/^The server cannot be reached\. .*ECONNREFUSED/);
  });
});

describeWithServer('The command async-tamer-worker, with a server', () => {
  let redis: Redis;

  beforeAll(async () => {
    redis = await Redis.start();
  });

  afterAll(() => redis.end());

  for (const [description, file, message] of [
    ['that is not there', 'missing.js', /Cannot load .*missing\.js in a thread/],
    [
      'without functions',
      'data:text/javascript,export const a = 1',
      /nothing to run: data:text.*a = 1 exports no functions\./,
    ],
  ] as const) {
    it(`refuses a module ${description}, and exits with 1`, async () => {
      const { code, stderr } = await run([command, file, '--connection', redis.url]);

      expect(code).toBe(1);
      expect(stderr).toMatch(message);
    });
  }
});
