import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { filesOfNode } from './support/browser/groups.ts';
import { run, typescript, type Ended, type Options } from './support/child-process.ts';
import { commands } from './support/processes.mjs';
import { plan } from './support/runner/plan.ts';
import { onlyWhere } from './support/runtime.ts';

describe('npm run specs', () => {
  function specs(args: readonly string[], options: Options = {}): Promise<Ended> {
    return run([...typescript('spec/support/runner/main.ts'), '--report=', ...args], options);
  }

  it('prints a dot for each, then what failed, why, and the line that runs it again', async () => {
    const { stdout, code } = await specs(['spec/runner/failing.ts', '--seed=1']);

    expect(code).toBe(1);
    expect(stdout).toMatch(/^(?:\.✗|✗\.)\n\n1\) A spec/);
    expect(stdout).toContain('\n  Expected 1 to be 2.\n');
    expect(stdout).toContain('/spec/runner/failing.ts:2:');
    expect(stdout).toContain(
      'npm run specs -- spec/runner/failing.ts --filter="^A spec .of .two.. isn.t green$" --seed=1\n',
    );
    expect(stdout).toMatch(/\n1 passed, 1 failed\nIn this order again: .* --seed=1\n$/);
  });

  it('runs the specs again that such a line names, and tells the CPU time of each file', async () => {
    const again = [
      'spec/runner/failing.ts',
      '--filter=^A spec .of .two.. isn.t green$',
      '--verbose',
      '--cpu',
    ];

    const { stdout } = await specs(again);

    expect(stdout).toMatch(/^A spec \(of "two"\)\n {2}✗ isn't green\n\n[^]*\n1\) [^]*\n0 passed, 1 failed\n/);
    expect(stdout).toMatch(/\nSeconds of CPU, [^]*\n +\d+\.\d s {2}spec\/runner\/failing\.ts\n/);
  });

  it('fails where a spec ends the process, or a file cannot be loaded, and runs the others', async () => {
    const files = ['ending', 'broken', 'failing'].map((name) => `spec/runner/${name}.ts`);

    const [ending, broken] = await Promise.all([specs(files.slice(0, 1)), specs(files.slice(1))]);

    expect([ending.code, broken.code]).toEqual([1, 1]);
    expect(ending.stdout).toContain('It has ended in "A spec ends the process" (exit code 7, signal null).');
    expect(broken.stdout).toContain(') around "spec/runner/broken.ts"\n  while it was loaded\n');
    expect(broken.stdout).toContain('\n2 passed, 2 failed\n');
  });

  it('runs those files together again whose process a spec has ended, since another one may be the cause', async () => {
    const files = ['spec/clock.spec.ts', 'spec/runner/ending.ts']; // Which otherwise share no process.

    const { stdout } = await specs([...files, '--together', '--seed=1', '--filter=ends the process']);

    expect(stdout).toContain(`) The process of ${files.join(', ')}\n`);
    expect(stdout).toContain(`\n  npm run specs -- ${files.join(' ')} --together --seed=1\n`);
  });

  it('fails where there is nothing to run, and says why', async () => {
    const [none, browser, filtered] = await Promise.all([
      specs(['spec/nowhere.spec.ts']),
      specs(['spec/browser/timeline.spec.ts']),
      specs(['spec/runner/failing.ts', '--filter=nothing']),
    ]);

    expect([none.code, none.stderr]).toEqual([
      1,
      'There is no spec file spec/nowhere.spec.ts. Name it by its path from the root of the project.\n',
    ]);
    expect([browser.code, browser.stderr]).toEqual([
      1,
      'spec/browser/timeline.spec.ts is for a browser alone: npm run specs:browser -- spec/browser/timeline.spec.ts\n',
    ]);
    expect([filtered.code, filtered.stdout]).toEqual([1, jasmine.stringContaining('No specs found')]);
  });

  for (const [signal, what, exitCode] of [
    ['SIGINT', 'ended by Ctrl-C', 130],
    ['SIGKILL', 'killed', null],
  ] as const) {
    onlyWhere.signalsAreHeard.it(`leaves neither a process nor a file when it is ${what}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'async-tamer-'));
      const left = (): string[] => [
        ...readdirSync(folder),
        ...commands().filter((command) => command.includes(folder)),
      ];

      const { stdout, code } = await specs(['spec/runner/hanging.ts'], {
        env: { TMPDIR: folder },
        signals: [{ signal, after: /Both hang/ }],
      });

      expect(stdout.includes('It was ended by SIGINT.')).toBe(signal === 'SIGINT');
      expect(code).toBe(exitCode);
      while (signal === 'SIGKILL' && left().length > 0) {
        await new Promise((resolve) => setTimeout(resolve, 20)); // Another process sees to it.
      }
      expect(left()).toEqual([]);
      rmSync(folder, { recursive: true });
    });
  }
});

describe('npm test', () => {
  let folder: string;

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'async-tamer-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the stages of `npm test`, of which some fail, in a package of its own. */
  function test(...failing: readonly string[]): Promise<Ended> {
    const scripts = ['types', 'lint', 'build', 'specs', 'specs:browser'].map((name) => [
      name,
      `node -e "console.log('${name} is run'); process.exit(${failing.includes(name) ? 1 : 0})"`,
    ]);
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ scripts: Object.fromEntries(scripts) as object }),
    );
    return run([fileURLToPath(new URL('support/test.mjs', import.meta.url))], { cwd: folder });
  }

  it('shows last what has failed, and fails', async () => {
    const { code, stdout } = await test('lint');

    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ lint \(\d+ s\): see below\n/);
    expect(stdout).toMatch(/✓ specs:browser \(\d+ s\)\nspecs:browser is run\n/);
    expect(stdout).toMatch(/\n✗ lint \(\d+ s\)\nlint is run\n\nThis stage again: npm run lint\n$/);
  });

  it('runs no specs of what cannot be built, and nothing of what has wrong types', async () => {
    const [build, types] = [await test('build'), await test('types')];

    expect([build.code, types.code]).toEqual([1, 1]);
    expect(build.stdout).not.toContain('specs is run');
    expect(build.stdout).toContain('specs:browser is run');
    expect(types.stdout).toMatch(
      /^✗ types \(\d+ s\): see below\n\n\n✗ types \(\d+ s\)\ntypes is run\n\nThis stage again: npm run types\n$/,
    );
  });
});

describe('npm run test:often', () => {
  let folder: string;

  beforeEach(() => (folder = realpathSync(mkdtempSync(join(tmpdir(), 'async-tamer-')))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** In a folder of its own, where it keeps what red runs have said. */
  function often(args: readonly string[], options: Options = {}): Promise<Ended> {
    const program = fileURLToPath(new URL('support/often.mjs', import.meta.url));
    return run([program, ...args], { ...options, cwd: folder });
  }

  /** A command that says which of its runs it is, and does this. */
  function command(code: string): string[] {
    const program = join(folder, 'program.mjs');
    writeFileSync(
      program,
      `import { appendFileSync, readFileSync } from 'node:fs';
      appendFileSync('runs', '.');
      const run = readFileSync('runs', 'utf8').length;
      console.log('run', run, ...process.argv.slice(2));
      ${code}`,
    );
    return ['--', process.execPath, program, '--some'];
  }

  it('runs a command so often, each time with a seed, and keeps what it says when it is red', async () => {
    const { code, stdout } = await often(['--runs=3', '--busy=1', ...command('process.exitCode = run % 2;')]);

    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^1 of 3, seed \d+, .* beside \d+ busy processes ✗ exit code 1: .*\n2 of 3, .* ✓\n3 of 3, /,
    );
    expect(stdout).toMatch(/\nGreen: 1, red: 2\. Beside busy processes: 1\.\nA run took /);
    const logs = [...stdout.matchAll(/seed (\d+), .*✗ exit code 1: (.*)/g)];
    expect(logs.map(([, , log = '']) => readFileSync(join(folder, log), 'utf8'))).toEqual(
      logs.map(([, seed], index) => `run ${2 * index + 1} --some --seed=${seed}\n`),
    );
    expect(readdirSync(join(folder, 'reports/often')).length).toBe(2);
  });

  it('is content where none is red', async () => {
    const { code, stdout } = await often(['--runs=2', ...command('')]);

    expect([code, stdout]).toEqual([0, jasmine.stringContaining('Green: 2, red: 0.')]);
  });

  it('says at once what cannot be run, or so often', async () => {
    const [number, option, program] = await Promise.all([
      often(['--runs=0']),
      often(['--run=2']),
      often(['--runs=2', '--', 'no-such-program']),
    ]);

    expect([number.code, number.stderr]).toEqual([1, '--runs is a whole number from 1, but got "0".\n']);
    expect([option.code, option.stderr]).toEqual([1, jasmine.stringContaining("Unknown option '--run'")]);
    expect([program.code, program.stderr]).toEqual([
      1,
      jasmine.stringMatching(/^The command cannot be started: .*no-such-program/),
    ]);
  });

  onlyWhere.signalsAreHeard.it(
    'leaves no process when it is ended by Ctrl-C, and tells of what has run',
    async () => {
      const { code, stdout } = await often(
        ['--runs=3', '--busy=3', ...command(`if (run === 2) setInterval(() => {}, 1000);`)],
        { signals: [{ signal: 'SIGINT', after: /^1 of 3/ }] },
      );

      expect(code).toBe(130);
      expect(stdout).toMatch(/^1 of 3, .*\nEnded by SIGINT\.\n\nGreen: 1, red: 0\./);
      expect(commands().filter((each) => each.includes(folder))).toEqual([]);
    },
  );
});

describe('A package that programs of specs import, in one file', () => {
  it('is that of the project, also where something has been made of it before', async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'async-tamer-')));
    const [before, file] = [join(folder, 'node_modules/cli-progress'), join(folder, 'all.cjs')];
    mkdirSync(before, { recursive: true });
    writeFileSync(join(before, 'index.js'), 'exports.SingleBar = "of before";');

    const { code } = await run([
      fileURLToPath(new URL('support/join-packages.mjs', import.meta.url)),
      file,
      'cli-progress',
    ]);

    const joined = createRequire(import.meta.url)(file) as { 'cli-progress': { SingleBar: unknown } };
    expect([code, typeof joined['cli-progress'].SingleBar]).toEqual([0, 'function']);
    expect(readdirSync(folder)).toEqual(['all.cjs', 'node_modules']);
    rmSync(folder, { recursive: true });
  });
});

describe('The plan of a run', () => {
  it('has every file once, in an order that follows from the seed', () => {
    const files = filesOfNode();

    const [one, again, other] = [plan(files, '1'), plan(files, '1'), plan(files, '2')];

    expect(one.flat().sort()).toEqual([...files]);
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  });
});
