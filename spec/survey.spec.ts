import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { run, typescript, type Ended, type Options } from './support/child-process.ts';

interface Report {
  readonly interrupted: boolean;
  readonly counts: Record<'found' | 'surveyed' | 'failed' | 'cutOff' | 'notReached', number>;
  readonly total: { readonly files: number; readonly bytes: number };
  readonly licences: Record<string, number>;
  readonly packages: readonly { readonly path: string; readonly name: string; readonly files: number }[];
  readonly failed: readonly { readonly path: string; readonly error: string }[];
  readonly cutOff: readonly { readonly path: string; readonly reason: string }[];
  readonly handles: { readonly opened: number; readonly closed: number };
}

function survey(args: readonly string[], options?: Options): Promise<Ended> {
  return run([...typescript('samples/survey/main.ts'), ...args], options);
}

async function surveyed(args: readonly string[], options?: Options): Promise<Report> {
  const { stdout } = await survey(['--json', ...args], options);
  return JSON.parse(stdout) as Report;
}

describe('The survey', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'survey-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function write(path: string, text: string): void {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  function writePackage(path: string, manifest: Record<string, unknown> = {}): void {
    write(
      `${path}/package.json`,
      JSON.stringify({ name: path, version: '1.0.0', license: 'MIT', ...manifest }),
    );
  }

  it('finds packages, scoped and nested ones too, and sizes the files of each by itself', async () => {
    writePackage('a');
    write('a/lib/index.js', 'one\ntwo\n');
    writePackage('@scope/b');
    writePackage('a/node_modules/c');

    const { packages, counts } = await surveyed([folder]);

    expect(counts).toEqual({ found: 3, surveyed: 3, failed: 0, cutOff: 0, notReached: 0 });
    expect(Object.fromEntries(packages.map(({ path, files }) => [path, files]))).toEqual({
      a: 2,
      '@scope/b': 1,
      'a/node_modules/c': 1,
    });
  });

  it('counts licences, in the forms of today and of old', async () => {
    writePackage('today');
    writePackage('old', { license: { type: 'MIT' } });
    writePackage('older', { license: undefined, licenses: [{ type: 'BSD' }, { type: 'ISC' }] });
    writePackage('none', { license: undefined });

    const { licences } = await surveyed([folder]);

    expect(licences).toEqual({ MIT: 2, 'BSD OR ISC': 1, none: 1 });
  });

  it('makes a row of a package.json that is malformed or cannot be read, and goes on', async () => {
    writePackage('good');
    write('malformed/package.json', '{ "name": ');
    mkdirSync(join(folder, 'unreadable/package.json'), { recursive: true });

    const { counts, failed } = await surveyed([folder]);

    expect([counts.found, counts.surveyed, counts.failed]).toEqual([3, 1, 2]);
    expect(failed.map(({ path }) => path).sort()).toEqual(['malformed', 'unreadable']);
  });

  it('says what failed in the table, and succeeds all the same', async () => {
    write('malformed/package.json', 'nonsense');

    const { stdout, code } = await survey([folder]);

    expect(code).toBe(0);
    expect(stdout).toContain('malformed');
    expect(stdout).toContain('is not JSON');
  });

  it('cuts off a package that takes longer than it may, with its files closed, and goes on', async () => {
    writePackage('big');
    for (let index = 0; index < 2000; index++) {
      write(`big/${index}.js`, 'one\n');
    }

    const { counts, cutOff, handles } = await surveyed(['--timeout', '2', folder]);

    expect(cutOff.map(({ path, reason }) => [path, reason])).toEqual([['big', 'took longer than 2 ms']]);
    expect([counts.found, counts.cutOff, counts.notReached]).toEqual([1, 1, 0]);
    expect(handles.closed).toBe(handles.opened);
  });

  it('works on an empty folder', async () => {
    const { counts } = await surveyed([folder]);

    expect(counts.found).toBe(0);
  });

  it('says in one line that there is no such folder, and exits with 2', async () => {
    const { stdout, stderr, code } = await survey([join(folder, 'missing')]);

    expect([stdout, stderr, code]).toEqual(['', `There is no such folder: ${join(folder, 'missing')}\n`, 2]);
  });

  it('says in one line that a file is no folder, and exits with 2', async () => {
    write('file', '');

    const { stderr, code } = await survey([join(folder, 'file')]);

    expect([stderr, code]).toEqual([`This is not a folder: ${join(folder, 'file')}\n`, 2]);
  });

  it('says in one line what is wrong with an option, and exits with 2', async () => {
    const { stderr, code } = await survey(['--rate', 'quick', folder]);

    expect(code).toBe(2);
    expect(stderr).toMatch(/^.*--rate.*\n$/);
  });

  it('explains itself', async () => {
    const { stdout, code } = await survey(['--help']);

    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: /);
  });

  it('ends at Ctrl-C within a second, closes its files, and prints what was done', async () => {
    for (let index = 0; index < 60; index++) {
      writePackage(`package-${index}`);
    }

    const args = ['--json', '--rate', '20', folder];
    const { stdout, code, ms } = await survey(args, {
      interrupt: { when: /of 60 packages/, signal: 'SIGINT' },
    });
    const { interrupted, counts, handles } = JSON.parse(stdout) as Report;

    expect([code, interrupted, ms < 1000]).toEqual([130, true, true]);
    expect(counts.surveyed).toBeGreaterThan(0);
    expect(counts.surveyed + counts.cutOff + counts.notReached).toBe(60);
    expect(handles.closed).toBe(handles.opened);
  });

  it('surveys the packages of this project, hundreds of them', async () => {
    const { counts, total } = await surveyed([]);

    expect(counts.found).toBeGreaterThan(150);
    expect(counts.surveyed).toBe(counts.found);
    expect(total.files).toBeGreaterThan(counts.found);
  });
});
