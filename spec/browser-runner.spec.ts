import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run as runProgram, typescript } from './support/child-process.ts';
import { limits } from './support/limits.ts';
import { commands } from './support/processes.mjs';
import type { Message, Told } from './support/told.ts';
import { findChromium, launch, usual } from './support/browser/chromium.ts';
import { run } from './support/browser/run.ts';
import { Watch } from './support/browser/watch.ts';
import {
  browserOnly,
  filesOfGroup,
  filesOfNode,
  groups,
  isSlow,
  nodeOnly,
  nodeOnlyReason,
  specFiles,
} from './support/browser/groups.ts';

describe('Every spec file', () => {
  it('runs in a browser, or is for Node alone', () => {
    const inPages = groups.flatMap(filesOfGroup);

    expect(
      specFiles().filter((file) => !inPages.includes(file) && nodeOnlyReason(file) === undefined),
    ).toEqual([]);
  });

  it('runs in Node, unless it is for a browser alone, or slow', () => {
    const missing = specFiles().filter((file) => !filesOfNode().includes(file) && !isSlow(file));

    expect(missing.filter((file) => !browserOnly.some((files) => files.test(file)))).toEqual([]);
  });

  it('is there, which is declared to be for Node or for a browser alone', () => {
    const declared = [...nodeOnly.map(({ files }) => files), ...browserOnly];

    const unused = declared.filter((files) => !specFiles().some((file) => files.test(file)));

    expect(unused).toEqual([]);
  });
});

describe('npm run specs:browser', () => {
  const command = typescript('spec/support/browser/main.ts');

  it('fails where CHROME_BIN is no program, and says what to do', async () => {
    const { code, stderr } = await runProgram([...command, 'spec/scope/within.spec.ts'], {
      env: { CHROME_BIN: '/nowhere/chrome' },
    });

    expect(code).toBe(1);
    expect(stderr).toBe(
      'CHROME_BIN is "/nowhere/chrome", which does not exist. ' +
        'Unset it, since npm has brought a browser, or set CHROME_BIN to the program of a Chrome or Chromium.\n',
    );
  });

  it('takes, on systems for which npm brings no browser, the first that is where it usually is, or says what to do', () => {
    expect(usual('darwin', () => true)).toMatch(/Google Chrome$/);
    expect(usual('win32', (path) => path.includes('Edge'))).toMatch(/msedge\.exe$/);
    expect(() => usual('darwin', () => false)).toThrowError(/no browser .* set CHROME_BIN/);
    expect(() => usual('freebsd', () => true)).toThrowError(/no browser .* set CHROME_BIN/);
  });

  it('refuses a spec file that is for Node alone, and says why', async () => {
    const { code, stderr } = await runProgram([...command, 'spec/docs.spec.ts']);

    expect(code).toBe(1);
    expect(stderr).toBe(
      'spec/docs.spec.ts is for Node alone: npm run specs -- spec/docs.spec.ts\n' +
        'They read and compile the files of the project.\n',
    );
  });
});

describe('A page of specs', () => {
  /** What Jasmine in the page has told, when the specs of a file in spec/browser-runner have been run there. */
  async function told(file: string, setup: readonly string[] = []): Promise<Run> {
    const specs = new Map<string, Told>();
    let over: Told | undefined;
    const paths = [...setup, file].map((name) => `spec/browser-runner/${name}.ts`);
    const group = { name: `the runner ${file}`, files: /^$/, setup: paths.slice(0, -1) };
    const hear = ({ method, argument }: Message): void => {
      const told = argument as Told;
      if (method === 'specDone') {
        specs.set(told.description!, told);
      } else if (method === 'jasmineDone') {
        over = told;
      }
    };
    const env = { random: false, failSpecWithNoExpectations: true };
    await run(group, hear, { files: paths.slice(-1), env });
    return { specs, over: over! };
  }

  interface Run {
    readonly specs: ReadonlyMap<string, Told>;
    readonly over: Told;
  }

  it('loads the setup modules of its group first, and has nothing of Node', async () => {
    const { specs, over } = await told('passing', ['setup-first', 'setup-second']);

    expect([...specs.values()].flatMap(({ failedExpectations }) => failedExpectations)).toEqual([]);
    expect([specs.size, over.overallStatus]).toEqual([3, 'passed']);
  });

  it('tells what fails in a spec, uncaught errors and unhandled rejections included', async () => {
    const { specs, over } = await told('failing');

    const messages = [...specs.values()].map(({ status, failedExpectations: [problem] = [] }) => [
      status,
      problem?.message,
    ]);
    expect(messages).toEqual([
      ['failed', 'Expected 1 to be 2.'],
      ['failed', jasmine.stringContaining('uncaught')],
      ['failed', jasmine.stringContaining('unhandled')],
      ['failed', undefined],
    ]);
    expect(over.overallStatus).toBe('failed');
    const [{ stack }] = specs.get('by an expectation')!.failedExpectations as unknown as [{ stack: string }];
    expect(stack).toContain('spec/browser-runner/failing.ts:3:15');
  });

  it('tells what fails while the spec files are loaded', async () => {
    const { over } = await told('failing-early');

    expect(over.overallStatus).toBe('failed');
    expect(over.failedExpectations?.map(({ message }) => message)).toEqual([
      jasmine.stringContaining('while it was loaded'),
    ]);
  });

  it('tells what fails after the last spec', async () => {
    await expectAsync(told('failing-late')).toBeRejectedWithError('After the last spec:\nError: late');
  });

  it('cannot be made of files that import from Node, and says which', async () => {
    await expectAsync(told('with-node')).toBeRejectedWithError(
      /^The specs for "the runner with-node" cannot be bundled for a browser\.\nnode:fs, imported by .*with-node\.ts: /,
    );
  });

  it('says that it has been left', async () => {
    await expectAsync(told('leaving')).toBeRejectedWithError(
      'The page has been left, in "A spec leaves the page".',
    );
  });

  it('says that it has crashed', async () => {
    await using browser = await launch(findChromium());
    const page = await browser.newPage();
    using watch = new Watch(page, limits.page);
    const session = await page.context().newCDPSession(page);

    void session.send('Page.crash').catch(() => {});

    await expectAsync(watch.trouble).toBeRejectedWithError(
      'The page has crashed, while the specs were loaded.',
    );
  });

  it('says that its browser has ended', async () => {
    const browser = await launch(findChromium());
    using watch = new Watch(await browser.newPage(), limits.page);

    await browser[Symbol.asyncDispose]();

    await expectAsync(watch.trouble).toBeRejectedWithError(
      'The browser has ended, while the specs were loaded.',
    );
  });

  it('that hangs says in which spec, and leaves neither a process nor a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'async-tamer-'));

    const { stdout, stderr } = await runProgram(
      [...typescript('spec/browser-runner/program.ts'), 'spec/browser-runner/hanging.ts'],
      { env: { TMPDIR: folder } },
    );

    expect([stdout, stderr]).toEqual([
      'Error: The page has said nothing for 2000 ms, in "A spec hangs".\n',
      '',
    ]);
    expect(readdirSync(folder).filter((name) => !name.startsWith('v8-compile-cache'))).toEqual([]);
    expect(commands().filter((command) => command.includes(folder))).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});
