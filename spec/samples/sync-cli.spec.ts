import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { run, type Ended, type Options } from '../support/child-process.ts';
import { compile } from '../support/compile.ts';
import { patience } from '../support/patience.ts';
import { onlyWhere } from '../support/runtime.ts';

interface Verdict {
  readonly link: { readonly line: number; readonly target: string };
  readonly state: string;
  readonly problem: string;
}

describe('The synchronous link checker', () => {
  let main: string;
  let folder: string;
  let server: Server;
  let address: string;
  // What the server was asked for, and which of that it saw given up.
  let asked: string[];
  let aborted: string[];
  let failuresLeft: number;
  let atOnce: number;
  let most: number;
  // So many have to come before one is answered: on a busy machine they might miss each other.
  let together: number;
  let unanswered: (() => void)[];

  beforeAll(async () => {
    const source = new URL('../../samples/sync-cli/', import.meta.url);
    const paths = readdirSync(source).map((name) => fileURLToPath(new URL(name, source)));
    const programs = compile('sync-cli', new Map(paths.map((path) => [path, readFileSync(path, 'utf8')])));
    main = fileURLToPath([...programs.values()].find(({ pathname }) => pathname.endsWith('/main.js'))!);
    server = createServer((request, response) => {
      const path = request.url!;
      asked.push(path);
      atOnce++;
      most = Math.max(most, atOnce);
      response.on('close', () => {
        atOnce--;
        if (!response.writableEnded) {
          aborted.push(path);
        }
      });
      const status = /^\/(\d+)/.exec(path)?.[1];
      if (path.startsWith('/hangs')) {
        return;
      }
      if (path === '/flaky' && failuresLeft-- > 0) {
        response.writeHead(503).end();
      } else {
        unanswered.push(() => response.writeHead(Number(status ?? 200)).end('text'));
        if (most >= together) {
          unanswered.splice(0).forEach((answer) => setTimeout(answer, 20));
        }
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'async-tamer-'));
    asked = [];
    aborted = [];
    failuresLeft = 0;
    atOnce = 0;
    most = 0;
    together = 1;
    unanswered = [];
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function write(name: string, text: string): string {
    writeFileSync(join(folder, name), text.replaceAll('SERVER', address));
    return join(folder, name);
  }

  function checker(args: readonly string[], options: Options = {}): Promise<Ended> {
    const cwd = fileURLToPath(new URL('../../reports/programs/', import.meta.url)); // Where the preload is found.
    const node = ['--enable-source-maps', '-r', 'async-tamer/register'];
    const patience = ['--timeout', '60000']; // A machine with other work to do is no server that does not answer.
    return run([...node, main, ...patience, ...args], { cwd, ...options });
  }

  /** Fulfils when the server has seen so many given up, which it may hear of when the program has ended. */
  async function abortions(count: number): Promise<string[]> {
    while (aborted.length < count) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return aborted.sort();
  }

  it('asks for every address once, looks up files, and exits with 0 if all is fine', async () => {
    write('other.md', '');
    const file = write(
      'a.md',
      '[a](SERVER/a) [again](SERVER/a)\n[file](other.md#part) [here](#here) <SERVER/b>\n',
    );

    const { code, stdout, stderr } = await checker([file]);

    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe('5 links in 1 files: 5 fine, 0 broken\n');
    expect(asked.sort()).toEqual(['/a', '/b']);
  });

  it('names what is broken with file and line, and exits with 1', async () => {
    const file = write('a.md', 'text\n\n[a](SERVER/404)\n\n[b](nowhere.md)\n\n`[code](SERVER/410)`\n');

    const { code, stdout } = await checker([file]);

    expect(code).toBe(1);
    expect(stdout).toBe(
      `${file}:3  ${address}/404  404 Not Found\n${file}:5  nowhere.md  no such file\n2 links in 1 files: 0 fine, 2 broken\n`,
    );
  });

  it('looks up a file by the name that its address stands for, and names an address that stands for none', async () => {
    write('a name.md', '');
    const file = write('a.md', '[a](a%20name.md)\n[b](100%.md)\n[c](%ff.md)');

    const { code, stdout, stderr } = await checker([file]);

    expect([code, stderr]).toEqual([1, '']);
    const problem = 'no address: a "%" in it is not followed by the code of a character';
    expect(stdout).toBe(
      `${file}:2  100%.md  ${problem}\n${file}:3  %ff.md  ${problem}\n3 links in 1 files: 1 fine, 2 broken\n`,
    );
  });

  it('asks again a server that fails, and only that', async () => {
    failuresLeft = 2;
    const file = write('a.md', '[a](SERVER/flaky) [b](SERVER/404)');

    const { stdout } = await checker([file]);

    expect(stdout).toContain('1 fine, 1 broken');
    expect(asked.sort()).toEqual(['/404', '/flaky', '/flaky', '/flaky']);
  });

  it('gives up a server that does not answer in time, and closes the connection', async () => {
    const file = write('a.md', '[a](SERVER/hangs) [b](SERVER/ok)');

    const ms = patience(3000); // The other one has to answer by then.

    const { code, stdout } = await checker(['--timeout', `${ms}`, '--retries', '0', file]);

    expect(code).toBe(1);
    expect(stdout).toContain(`no answer in ${ms} ms`);
    expect(stdout).toContain('1 fine, 1 broken');
    expect(await abortions(1)).toEqual(['/hangs']);
  });

  it('asks as many servers at once as it is told', async () => {
    together = 2;
    const file = write(
      'a.md',
      Array.from({ length: 8 }, (_, index) => `[a](SERVER/${200 + index})`).join(' '),
    );

    const { code } = await checker(['--concurrency', '2', file]);

    expect(code).toBe(0);
    expect(most).toBe(2);
  });

  it('says that nobody listens', async () => {
    const file = write('a.md', '[a](http://127.0.0.1:9/)');

    const { code, stdout } = await checker(['--retries', '1', file]);

    expect(code).toBe(1);
    expect(stdout).toMatch(/http:\/\/127\.0\.0\.1:9\/ {2}\S+/);
  });

  it('reads standard input', async () => {
    const { code, stdout } = await checker(['-'], { input: `[a](${address}/404)` });

    expect(code).toBe(1);
    expect(stdout).toContain(`stdin:1  ${address}/404  404 Not Found`);
  });

  it('prints JSON', async () => {
    const file = write('a.md', '[a](SERVER/ok)\n[b](SERVER/404)');

    const { stdout } = await checker(['--json', file]);

    expect(
      (JSON.parse(stdout) as Verdict[]).map(({ link, state, problem }) => [link.line, state, problem]),
    ).toEqual([
      [1, 'fine', ''],
      [2, 'broken', '404 Not Found'],
    ]);
  });

  onlyWhere.signalsAreHeard.it(
    'cancels at Ctrl-C, closes connections, prints what was done, and exits with 130',
    async () => {
      const file = write('a.md', '[a](SERVER/ok) [b](SERVER/hangs/1) [c](SERVER/hangs/2)');
      const answered = new Promise<void>((resolve) => {
        server.on('request', ({ url }) => {
          if (url === '/hangs/2') {
            resolve(); // It has waited for the place of the first.
          }
        });
      });
      const signals = [{ signal: 'SIGINT', after: answered }] as const;

      const { code, stdout } = await checker(['--json', '--concurrency', '2', file], { signals });

      expect(code).toBe(130);
      expect((JSON.parse(stdout) as Verdict[]).map(({ state }) => state)).toEqual([
        'fine',
        'not checked',
        'not checked',
      ]);
      expect(await abortions(2)).toEqual(['/hangs/1', '/hangs/2']);
    },
  );

  for (const [args, problem] of [
    [[], 'Which files?'],
    [['--concurrency', 'many', 'a.md'], '--concurrency takes a whole number from 1, but got "many".'],
    [['--quick', 'a.md'], "Unknown option '--quick'"],
    [['nowhere.md'], 'Cannot read nowhere.md'],
  ] as const) {
    it(`says in one line what is wrong with "${args.join(' ')}", and exits with 2`, async () => {
      const { code, stdout, stderr } = await checker(args);

      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(problem);
      expect(stderr.trim().split('\n')).toHaveSize(1);
    });
  }

  it('helps', async () => {
    const { code, stdout } = await checker(['--help']);

    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: /);
  });
});
