import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

import { run, type Ended } from '../support/child-process.ts';
import { compile } from '../support/compile.ts';

const folder = new URL('../../samples/tour/', import.meta.url);
const files = readdirSync(folder).sort();
/** Timers have their order also where the processor is taken away for long. */
const clock = fileURLToPath(new URL('../support/clock.cjs', import.meta.url));

describe('The tour', () => {
  let runs: ReadonlyMap<string, Promise<Run>>;

  beforeAll(() => {
    const sources = files.map((file) => [fileURLToPath(new URL(file, folder)), read(file)] as const);
    const programs = compile('tour', new Map(sources));
    // Not all at once: each has its own processor.
    const lanes: Promise<unknown>[] = Array.from({ length: availableParallelism() }, () => Promise.resolve());
    const inLane = (program: URL, index: number, preloads: readonly string[]): Promise<Run> => {
      const lane = index % lanes.length;
      const args = ['--enable-source-maps', '-r', clock, ...preloads, fileURLToPath(program)];
      const cwd = fileURLToPath(new URL('.', program)); // Where the preload finds the library.
      const result = lanes[lane]!.then(() => run(args, { cwd }));
      lanes[lane] = result.catch(() => undefined); // The next one starts all the same.
      return result;
    };
    runs = new Map(
      [...programs].map(([path, program], index) => [
        path,
        inLane(program, index, preloadsOf(readFileSync(path, 'utf8'))),
      ]),
    );
  });

  for (const file of files) {
    it(`prints what ${file} says`, async () => {
      const expected = expectedOutput(read(file));

      const actual = await runs.get(fileURLToPath(new URL(file, folder)));

      expect(expected).withContext('the comment at its end').toBeDefined();
      expect(difference(expected!, actual!)).toBe('');
    });
  }

  it('is numbered from 01 on', () => {
    const numbers = files.map((file) => /^(\d\d)-[a-z-]+\.ts$/.exec(file)?.[1]);

    expect(numbers).toEqual(files.map((_, index) => String(index + 1).padStart(2, '0')));
  });

  it('says of each sample that blocks at its top level how to run it', () => {
    const said = files.map((file) => /^\/\/ Run: node .*samples\/tour\/(.*)$/m.exec(read(file))?.[1] ?? file);

    expect(said).toEqual(files);
  });

  it('says in the first comment of each sample what to watch for', () => {
    const silent = files.filter((file) => !/^\/\/ .*\n\/\/ Watch /.test(read(file)));

    expect(silent).toEqual([]);
  });
});

/** What its first comment says to preload. */
function preloadsOf(source: string): string[] {
  return /^\/\/ Run: node (-r \S+) /m.exec(source)?.[1]?.split(' ') ?? [];
}

describe('The expected output of a sample', () => {
  it('is the comment at its end', () => {
    const expected = expectedOutput('f();\n\n// Output\n// ------\n//\n// a\n//\n//   b\n');

    expect(expected).toEqual({ lines: ['a', '', '  b'], excerpt: false, code: 0 });
  });

  it('may say that it is an excerpt, and which exit code comes with it', () => {
    const expected = expectedOutput('// Output (excerpt, exit code 1)\n// ----\n//\n// a\n');

    expect(expected).toEqual({ lines: ['a'], excerpt: true, code: 1 });
  });

  it('is missing where the comment is, or where code comes after it', () => {
    expect(expectedOutput('f(); // a comment\n')).toBeUndefined();
    expect(expectedOutput('// Output\n// ------\n//\n// a\nf();\n')).toBeUndefined();
  });

  it('is all of the output, in its order, of a program that succeeds', () => {
    const expected = { lines: ['a', 'b'], excerpt: false, code: 0 };

    expect(difference(expected, printed('a\nb\n'))).toBe('');
    expect(difference(expected, printed('b\na\n'))).not.toBe('');
    expect(difference(expected, printed('a\nb\nc\n'))).not.toBe('');
    expect(difference(expected, { ...printed('a\nb\n'), code: 1 })).not.toBe('');
    expect(difference(expected, { ...printed('a\nb\n'), stderr: 'warning' })).not.toBe('');
  });

  it('is an excerpt where it says so, with [...] for what is left out', () => {
    const expected = { lines: ['a', '[...]', 'b [...] c'], excerpt: true, code: 1 };

    expect(difference(expected, { ...printed('before\na\nx\ny\nb and c\nafter\n'), code: 1 })).toBe('');
    expect(difference(expected, { ...printed('a\nb and c\n'), code: 1 })).toBe('');
    expect(difference(expected, printed('a\nb and c\n'))).not.toBe('');
    expect(difference(expected, { ...printed('a\nb and d\n'), code: 1 })).not.toBe('');
    expect(difference(expected, { ...printed('b and c\na\n'), code: 1 })).not.toBe('');
  });

  it('is not met by a program that has to be killed', () => {
    const expected = { lines: ['a'], excerpt: true, code: 1 };

    expect(difference(expected, { ...printed('a\n'), code: null })).not.toBe('');
  });
});

interface Expected {
  readonly lines: readonly string[];
  readonly excerpt: boolean;
  readonly code: number;
}

type Run = Pick<Ended, 'stdout' | 'stderr' | 'code'>;

function printed(stdout: string): Run {
  return { stdout, stderr: '', code: 0 };
}

function read(file: string): string {
  return readFileSync(new URL(file, folder), 'utf8');
}

function expectedOutput(source: string): Expected | undefined {
  const comment = /^\/\/ Output(?: \((.*)\))?\n\/\/ -+\n\/\/\n((?:\/\/.*\n)+)$/m.exec(source);
  if (comment === null || !source.endsWith(comment[0])) {
    return undefined;
  }
  const [, notes = '', lines = ''] = comment;
  return {
    lines: lines
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^\/\/ ?/, '')),
    excerpt: notes.includes('excerpt'),
    code: Number(/exit code (\d+)/.exec(notes)?.[1] ?? 0),
  };
}

/** What tells a run from the expected one, or ''. */
function difference({ lines, excerpt, code }: Expected, actual: Run): string {
  const expected = lines.join('\n');
  const output = [actual.stdout, actual.stderr].filter(Boolean).join('\n');
  const matches = excerpt ? asPattern(lines).test(`\n${output}\n`) : output === `${expected}\n`;
  if (matches && actual.code === code) {
    return '';
  }
  return `expected, with exit code ${code}:\n${expected}\n\nactual, with ${String(actual.code)}:\n${output}`;
}

/** `[...]` alone is any number of lines; within a line it is any text. */
function asPattern(lines: readonly string[]): RegExp {
  const gap = '\\[\\.\\.\\.\\]';
  const quoted = lines.map((line) => line.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const patterns = quoted.map((line) => (line === gap ? '(?:.*\n)*?' : `${line.replaceAll(gap, '.*')}\n`));
  return new RegExp(`\n${patterns.join('')}`);
}
