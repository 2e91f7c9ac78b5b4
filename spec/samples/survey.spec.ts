import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { Findings } from '../../samples/survey/findings.ts';
import { measurerHere } from '../../samples/survey/measurer.ts';
import { readOptions, UsageError } from '../../samples/survey/options.ts';
import { progressOn } from '../../samples/survey/progress.ts';
import { asJson, asText } from '../../samples/survey/report.ts';
import { survey } from '../../samples/survey/survey.ts';
import { run as runProgram, type Ended, type Options } from '../support/child-process.ts';
import { patience } from '../support/patience.ts';
import { macrotask, onlyWhere } from '../support/runtime.ts';
import { compileSurvey } from './compile-survey.ts';

describe('The survey', () => {
  let program: string;
  let folder: string;

  beforeAll(() => {
    program = fileURLToPath(compileSurvey());
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'survey-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Runs the program: to see how it ends, what it makes of signals, and how many files are left open in its process. */
  function run(args: readonly string[], options?: Options): Promise<Ended> {
    return runProgram([program, ...args], options);
  }

  async function reportOfRun(args: readonly string[], options?: Options): Promise<Report> {
    const { stdout } = await run(['--json', ...args], options);
    return JSON.parse(stdout) as Report;
  }

  /** What it finds, without a process of its own: to start one takes longer than all the rest. */
  async function findingsOf(args: readonly string[]): Promise<Findings> {
    const options = readOptions([...args]);
    const findings = new Findings(options.folder);
    const progress = { start() {}, advance() {}, stop() {} };
    const { signal } = new AbortController();
    await survey(findings, progress, { ...options, recording: undefined, signal, measurer: measurerHere });
    return findings;
  }

  async function reportOf(args: readonly string[]): Promise<Report> {
    await macrotask(); // Node counts the time of timers from where a turn of the event loop begins.
    const start = performance.now();
    const findings = await findingsOf(args);
    const ms = performance.now() - start;
    return JSON.parse(asJson(findings, { interrupted: false, ms })) as Report;
  }

  async function tablesOf(args: readonly string[]): Promise<string> {
    return asText(await findingsOf(args), { interrupted: false, ms: 0 });
  }

  function write(path: string, content: string): void {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  function writePackage(path: string, manifest: Record<string, unknown> = {}): void {
    const content = { name: path, version: '1.0.0', license: 'MIT', ...manifest };
    write(`${path}/package.json`, JSON.stringify(content));
  }

  /** Takes many seconds to read, but no space on the disk. */
  function writeHugePackage(path: string): void {
    writePackage(path);
    write(`${path}/huge.js`, '');
    const file = join(folder, path, 'huge.js');
    if (process.platform === 'win32') {
      execFileSync('fsutil', ['sparse', 'setflag', file]); // Elsewhere a file has holes without being told to.
    }
    truncateSync(file, 1e12);
  }

  describe('of a folder', () => {
    it('takes every directory in it for a package, those in scopes and those nested in others, too', async () => {
      writePackage('a');
      writePackage('@scope/b');
      writePackage('a/node_modules/c');
      writePackage('a/node_modules/@scope/d');
      writePackage('a/node_modules/@scope/d/node_modules/e');
      write('.bin/tool.js', '');

      const { counts, packages } = await reportOf([folder]);

      expect(counts.found).toBe(5);
      expect(packages.map(({ path }) => path).sort()).toEqual([
        '@scope/b',
        'a',
        'a/node_modules/@scope/d',
        'a/node_modules/@scope/d/node_modules/e',
        'a/node_modules/c',
      ]);
    });

    it('takes it for a package if it has a package.json, with what is nested in it', async () => {
      writePackage('.', { name: 'project' });
      write('src/index.js', '');
      writePackage('node_modules/a');

      const { packages } = await reportOf([folder]);

      expect(Object.fromEntries(packages.map(({ path, files }) => [path, files]))).toEqual({
        '.': 2,
        'node_modules/a': 1,
      });
    });

    it('finds the packages that pnpm keeps apart', async () => {
      writePackage('.pnpm/a@1.0.0/node_modules/a');
      symlinkSync(join(folder, '.pnpm/a@1.0.0/node_modules/a'), join(folder, 'a'));

      const { packages } = await reportOf([folder]);

      expect(packages.map(({ path }) => path)).toEqual(['.pnpm/a@1.0.0/node_modules/a']);
    });

    it('counts files, their bytes, and their lines if they are source code', async () => {
      writePackage('a');
      write('a/lib/one.js', 'one\ntwo\n');
      write('a/lib/deep/two.d.ts', 'one\ntwo\nthree');
      write('a/README.md', 'one\n');

      const { packages, total } = await reportOf([folder]);

      const manifest = readFileSync(join(folder, 'a/package.json')).length;
      const tally = { files: 4, bytes: manifest + 8 + 13 + 4, lines: 5 };
      expect(packages as unknown).toEqual([
        { path: 'a', name: 'a', version: '1.0.0', licence: 'MIT', ...tally },
      ]);
      expect(total).toEqual(tally);
    });

    it('counts what is nested in a package for itself alone', async () => {
      writePackage('a');
      writePackage('a/node_modules/b');
      write('a/node_modules/b/index.js', '');

      const { packages } = await reportOf([folder]);

      expect(Object.fromEntries(packages.map(({ path, files }) => [path, files]))).toEqual({
        a: 1,
        'a/node_modules/b': 2,
      });
    });

    onlyWhere.filesArePosix.it('does not follow symbolic links, and does not wait for pipes', async () => {
      writePackage('a');
      symlinkSync(folder, join(folder, 'a/loop'));
      symlinkSync(join(folder, 'a/package.json'), join(folder, 'a/link.json'));
      execFileSync('mkfifo', [join(folder, 'a/pipe.js')]);

      const { counts, total } = await reportOf([folder]);

      expect([counts.surveyed, total.files]).toEqual([1, 1]);
    });

    it('works on an empty one', async () => {
      const { code, stdout } = await run([folder]);

      expect([code, stdout]).toEqual([0, `No packages in ${folder}\n`]);
    });

    it('shows the ten biggest packages, the biggest first', async () => {
      for (let size = 1; size <= 12; size++) {
        writePackage(`package-${size}`);
        write(`package-${size}/data`, 'x'.repeat(1000 * size));
      }

      const tables = await tablesOf([folder]);

      const shown = [...tables.matchAll(/^package-(\d+) 1\.0\.0 +\d+\.\d kB +2 /gm)].map(([, size]) => size);
      expect(shown).toEqual(['12', '11', '10', '9', '8', '7', '6', '5', '4', '3']);
    });
  });

  describe('of licences', () => {
    it('counts them, the most frequent first', async () => {
      writePackage('a', { license: 'ISC' });
      writePackage('b', { license: '(MIT OR Apache-2.0)' });
      writePackage('c', { license: 'ISC' });

      const tables = await tablesOf([folder]);

      expect(tables).toMatch(/^Licences +packages\nISC +2\n\(MIT OR Apache-2\.0\) +1\n\n/);
    });

    it('understands the forms that were usual once', async () => {
      writePackage('a', { license: { type: 'MIT', url: 'https://example.org' } });
      writePackage('b', { license: undefined, licenses: [{ type: 'BSD' }, { type: 'ISC' }] });
      writePackage('c', { license: ['MIT'] });

      const { licences } = await reportOf([folder]);

      expect(licences).toEqual({ MIT: 2, 'BSD OR ISC': 1 });
    });

    it('counts a package that names none, or nonsense', async () => {
      writePackage('a', { license: undefined });
      writePackage('b', { license: 42 });
      writePackage('c', { license: [] });
      writePackage('d', { license: ' ' });

      const { licences } = await reportOf([folder]);

      expect(licences).toEqual({ none: 4 });
    });
  });

  describe('of what cannot be read', () => {
    onlyWhere.filesArePosix.it('makes a row, and goes on', async () => {
      writePackage('good');
      write('malformed/package.json', '{ "name": ');
      write('null/package.json', 'null');
      mkdirSync(join(folder, 'directory/package.json'), { recursive: true });
      mkdirSync(join(folder, 'missing'));
      mkdirSync(join(folder, 'pipe'));
      execFileSync('mkfifo', [join(folder, 'pipe/package.json')]);

      const { counts, failed } = await reportOf([folder]);

      expect([counts.found, counts.surveyed, counts.failed]).toEqual([6, 1, 5]);
      expect(Object.fromEntries(failed.map(({ path, error }) => [path, error]))).toEqual({
        malformed: jasmine.stringMatching(/^package\.json is not JSON: /),
        null: 'package.json is JSON, but not an object.',
        directory: 'package.json is not a file.',
        missing: "ENOENT: no such file or directory, open 'package.json'",
        pipe: 'package.json is not a file.',
      });
    });

    it('says so in the table, and succeeds', async () => {
      write('malformed/package.json', 'nonsense');

      const { stdout, code } = await run([folder]);

      expect(code).toBe(0);
      expect(stdout).toMatch(/^Failed\nmalformed +package\.json is not JSON: /m);
      expect(stdout).toMatch(/^0 of 1 packages in .* s, 1 failed\.$/m);
    });

    it('reads a package.json that begins with a byte order mark', async () => {
      write('a/package.json', '\uFEFF{ "license": "MIT" }');

      const { licences } = await reportOf([folder]);

      expect(licences).toEqual({ MIT: 1 });
    });

    it('prints nothing that steers a terminal', async () => {
      writePackage('a\u001B[2J', { version: '\u001B[31m', license: '\u009B2J\nMIT' });
      write('b/package.json', '\u001B]0;title\u0007');

      const tables = await tablesOf([folder]);

      expect(tables).toContain('\uFFFD[2J');
      expect(tables).not.toMatch(/[^\P{Cc}\n]/u);
    });
  });

  describe('with limits', () => {
    it('cuts off a package that takes too long, closes its files, and goes on', async () => {
      writeHugePackage('a');
      writePackage('b');
      const ms = patience(1000); // In which the second one has to be surveyed.
      const limits = ['--concurrency', '1', '--timeout', `${ms}`];

      const { counts, packages, cutOff, handles } = await reportOfRun([...limits, folder]);

      expect(packages.map(({ path }) => path)).toEqual(['b']);
      expect(cutOff.map(({ path, reason }) => [path, reason])).toEqual([['a', `took longer than ${ms} ms`]]);
      expect(counts).toEqual({ found: 2, surveyed: 1, failed: 0, cutOff: 1, notReached: 0 });
      expect(handles.closed).toBe(handles.opened);
    });

    it('says how far a package came that was cut off', async () => {
      writeHugePackage('huge');
      write('huge/a.js', 'one\n');

      const tables = await tablesOf(['--timeout', '300', folder]);

      expect(tables).toMatch(/^Cut off after .*\nhuge +0\.\d kB +\d +[01] +took longer than 300 ms$/m);
    });

    it('has so many packages at a time', async () => {
      writeHugePackage('a');
      writeHugePackage('b');

      const { cutOff, ms } = await reportOf(['--concurrency', '1', '--timeout', '300', folder]);

      expect(cutOff.length).toBe(2);
      expect(ms).toBeGreaterThan(590);
    });

    it('begins so many packages a second', async () => {
      for (let n = 0; n < 30; n++) {
        writePackage(`package-${n}`);
      }

      const { counts, ms } = await reportOf(['--rate', '50', folder]);

      expect(counts.surveyed).toBe(30);
      expect(ms).toBeGreaterThan(490); // The first five are a burst.
    });
  });

  onlyWhere.signalsAreHeard.describe('that is interrupted', () => {
    // One begins each second, so that twenty last longer than any signal takes to arrive.
    const slowly = ['--rate', '1'];
    const once = [{ signal: 'SIGINT', after: /2 of 20 packages/ }] as const;

    beforeEach(() => {
      for (let n = 10; n < 30; n++) {
        writePackage(`package-${n}`);
      }
    });

    it('ends with exit code 130, prints what was done until then, and draws that', async () => {
      const file = join(folder, 'out.svg');

      const { code, signal, stdout } = await run([...slowly, '--trace', file, folder], { signals: once });

      expect([code, signal]).toEqual([130, null]);
      expect(stdout).toMatch(/^Licences +packages\nMIT +\d+\n\nBiggest packages .*\npackage-\d\d /);
      expect(stdout).toMatch(/^Interrupted: \d+ of 20 packages in .* s, (\d+ cut off, )?\d+ not reached\.$/m);
      expect(readFileSync(file, 'utf8')).toMatch(/<desc>21 children, \d+ succeeded, \d+ cancelled, in /);
    });

    it('prints one document with --json', async () => {
      const { interrupted, counts, packages } = await reportOfRun([...slowly, folder], { signals: once });

      expect(interrupted).toBe(true);
      expect(counts.surveyed).toBeGreaterThanOrEqual(2);
      expect(counts.surveyed).toBe(packages.length);
      expect(counts.surveyed + counts.cutOff + counts.notReached).toBe(20);
      expect(counts.notReached).toBeGreaterThan(0);
    });

    it('closes the file it is reading, and says which package that cuts off', async () => {
      writeHugePackage('huge');
      const signals = [{ signal: 'SIGINT', after: /of 21 packages/ }] as const;

      const { cutOff, handles } = await reportOfRun(['--rate', '15', folder], { signals });

      expect(cutOff).toContain(jasmine.objectContaining({ path: 'huge', reason: 'interrupted' }));
      expect(handles.closed).toBe(handles.opened);
    });

    it('cleans up and prints no less when it is interrupted twice', async () => {
      const signals = [...once, { signal: 'SIGINT', after: 0 }] as const;

      // Not its exit code: a signal that arrives while Node shuts itself down kills it, which shells call 130, too.
      const { interrupted, counts, handles } = await reportOfRun([...slowly, folder], { signals });

      expect([interrupted, counts.found]).toEqual([true, 20]);
      expect(handles.closed).toBe(handles.opened);
    });

    it('heeds SIGTERM just the same', async () => {
      const signals = [{ signal: 'SIGTERM', after: /2 of 20 packages/ }] as const;

      const { code, stdout } = await run([...slowly, folder], { signals });

      expect(code).toBe(130);
      expect(stdout).toContain('Interrupted: ');
    });
  });

  describe('in threads', () => {
    it('finds what it finds without them, and how many files are copies of others', async () => {
      writePackage('a');
      write('a/lib/one.js', 'one\ntwo\n');
      write('a/lib/copy.js', 'one\ntwo\n');
      writePackage('b');
      write('b/other.js', 'one\ntwo\n');
      const here = await reportOfRun([folder]);

      const there = await reportOfRun(['--threads', '2', folder]);

      expect(sorted(there.packages)).toEqual(sorted(here.packages));
      expect(there.total).toEqual(here.total);
      expect([here.copies, there.copies]).toEqual([undefined, { files: 2, bytes: 16 }]);
      expect(there.handles).toEqual(here.handles);
      expect(there.handles.closed).toBe(there.handles.opened);
    });

    it('says so in the summary', async () => {
      writePackage('a');
      write('a/one.js', 'x\n'.repeat(500));
      write('a/two.js', 'x\n'.repeat(500));

      const { stdout, stderr, code } = await run(['--threads', '1', folder]);

      expect([stderr, code]).toEqual(['1 of 1 packages\n', 0]);
      expect(stdout).toContain('\n1 files are copies of others: 1.0 kB.\n');
    });

    it('cuts off a package that takes too long, closes its files there, and goes on', async () => {
      writeHugePackage('a');
      writePackage('b');
      const ms = patience(2000); // In which the second one has to be surveyed, by a thread that has started.
      const limits = ['--concurrency', '1', '--timeout', `${ms}`];

      const { packages, cutOff, handles } = await reportOfRun(['--threads', '1', ...limits, folder]);

      expect(packages.map(({ path }) => path)).toEqual(['b']);
      expect(cutOff.map(({ path, reason }) => [path, reason])).toEqual([['a', `took longer than ${ms} ms`]]);
      expect(handles.closed).toBe(handles.opened);
    });

    onlyWhere.signalsAreHeard.it(
      'ends at once when it is interrupted, and closes its files there',
      async () => {
        writeHugePackage('huge');
        for (let n = 100; n < 130; n++) {
          writePackage(`package-${n}`);
        }
        const signals = [{ signal: 'SIGINT', after: /of 31 packages/ }] as const;

        const { interrupted, cutOff, handles } = await reportOfRun(
          ['--threads', '2', '--rate', '15', folder],
          {
            signals,
          },
        );

        expect(interrupted).toBe(true);
        expect(cutOff).toContain(jasmine.objectContaining({ path: 'huge', reason: 'interrupted' }));
        expect(handles.closed).toBe(handles.opened);
      },
    );
  });

  describe('shows its progress', () => {
    it('on stderr, with a line for every tenth where that is no terminal', async () => {
      for (let n = 0; n < 20; n++) {
        writePackage(`package-${n}`);
      }

      const { stderr } = await run([folder]);

      expect(stderr).toBe([2, 4, 6, 8, 10, 12, 14, 16, 18, 20].map((n) => `${n} of 20 packages\n`).join(''));
    });

    it('as a bar in a terminal, which it leaves as it was', async () => {
      const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
      const progress = progressOn(terminal as unknown as NodeJS.WriteStream); // As much of it as it needs.

      progress.start(2);
      progress.advance('a');
      progress.stop();
      terminal.end();

      const shown = await text(terminal);
      expect(shown).toContain('1 of 2 packages  a');
      expect(shown.lastIndexOf('\u001B[?25h')).toBeGreaterThan(shown.lastIndexOf('\u001B[?25l'));
      expect(shown).toMatch(/\u001B\[2K$/); // eslint-disable-line no-control-regex -- the bar is wiped away
    });
  });

  describe('given a file for a trace', () => {
    it('draws a picture of who ran when', async () => {
      for (const name of ['a', 'b', 'c']) {
        writePackage(name);
      }
      const file = join(folder, 'out.svg');

      const { counts } = await reportOfRun(['--trace', file, '--concurrency', '1', folder]);

      const drawn = readFileSync(file, 'utf8');
      expect(counts.surveyed).toBe(3);
      expect(drawn).toMatch(/^<svg [^]*<\/svg>$/);
      for (const label of ['survey', 'generateTokens', 'packages', 'surveyPackage #1', 'surveyPackage #3']) {
        expect(drawn).toContain(`>${label}</text>`);
      }
    });

    it('writes a trace for others', async () => {
      writePackage('a');
      const file = join(folder, 'out.json');

      await run(['--trace', file, folder]);

      const { traceEvents } = JSON.parse(readFileSync(file, 'utf8')) as {
        traceEvents: { name: string; ph: string }[];
      };
      expect(traceEvents.filter(({ ph }) => ph === 'X').map(({ name }) => name)).toEqual(
        jasmine.arrayContaining(['survey', 'generateTokens', 'packages', 'surveyPackage']) as never,
      );
    });

    it('says in one line that it cannot write there, and exits with 2', async () => {
      const file = join(folder, 'missing', 'out.svg');

      const { stderr, code } = await run(['--trace', file, folder]);

      expect(code).toBe(2);
      expect(stderr).toMatch(/^The trace cannot be written to .*out\.svg: Error: ENOENT.*\n$/m);
    });
  });

  describe('given arguments', () => {
    it('explains them with --help', async () => {
      const { stdout, stderr, code } = await run(['--help']);

      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^Usage: npm start -- \[options\] \[folder\]\n/);
    });

    it('names a folder that does not exist in one line, and exits with 2', async () => {
      const missing = join(folder, 'missing');

      const { stdout, stderr, code } = await run([missing]);

      expect([code, stdout, stderr]).toEqual([2, '', `There is no such folder: ${missing}\n`]);
    });

    it('names a file given as a folder in one line, and exits with 2', async () => {
      write('file', '');

      const { stdout, stderr, code } = await run([join(folder, 'file')]);

      expect([code, stdout, stderr]).toEqual([2, '', `This is not a folder: ${join(folder, 'file')}\n`]);
    });

    it('says in one line what is wrong with them, and exits with 2', async () => {
      const { stdout, stderr, code } = await run(['--quick', folder]);

      expect([code, stdout, stderr]).toEqual([2, '', "Unknown option '--quick'. Try --help.\n"]);
    });

    for (const [wrong, line] of [
      [['--quick'], "Unknown option '--quick'. Try --help."],
      [['--rate'], "Option '--rate <value>' argument missing. Try --help."],
      [['--rate', '--json'], "Option '--rate' argument is ambiguous. Try --help."],
      [['--json=yes'], "Option '--json' does not take an argument. Try --help."],
      [['--rate', 'quick'], '--rate takes a whole number from 1 to 1000000, but got "quick".'],
      [['--concurrency', '0'], '--concurrency takes a whole number from 1 to 256, but got "0".'],
      [['--threads', '65'], '--threads takes a whole number from 1 to 64, but got "65".'],
      [['--fleet', '--threads', '2'], 'There is --threads or --fleet, but got both.'],
      [['--connection', 'redis://localhost'], '--connection is for --fleet, which is missing.'],
      [
        ['--fleet', '--connection', 'localhost'],
        '--connection takes a URL such as redis://localhost:6379, but got "localhost".',
      ],
      [['--timeout', '1.5'], '--timeout takes a whole number from 1 to 86400000, but got "1.5".'],
      [['--trace', 'out.png'], '--trace takes a file that ends in .svg or .json, but got "out.png".'],
      [['one', 'two'], 'There is one folder to survey, but got 2.'],
      [[''], 'The folder to survey is an empty string.'],
    ] as const) {
      it(`says what is wrong with "${wrong.join(' ')}"`, () => {
        expect(() => readOptions([...wrong])).toThrowError(UsageError, line);
      });
    }
  });
});

/** What the program prints with --json, as far as it is looked at here. */
interface Report {
  readonly interrupted: boolean;
  readonly ms: number;
  readonly counts: Readonly<Record<'found' | 'surveyed' | 'failed' | 'cutOff' | 'notReached', number>>;
  readonly total: Readonly<Record<'files' | 'bytes' | 'lines', number>>;
  readonly copies?: Readonly<Record<'files' | 'bytes', number>>;
  readonly licences: Readonly<Record<string, number>>;
  readonly packages: readonly { readonly path: string; readonly files: number }[];
  readonly failed: readonly { readonly path: string; readonly error: string }[];
  readonly cutOff: readonly { readonly path: string; readonly reason: string }[];
  readonly handles: { readonly opened: number; readonly closed: number };
}

/** Packages of one size come in any order. */
function sorted(packages: Report['packages']): Report['packages'] {
  return [...packages].sort((a, b) => a.path.localeCompare(b.path));
}
