import { run, typescript } from './support/child-process.ts';
import {
  browserOnly,
  filesOfGroup,
  filesOfNode,
  groups,
  nodeOnly,
  nodeOnlyReason,
  specFiles,
} from './support/browser/groups.ts';

describe('Every spec file', () => {
  for (const file of specFiles()) {
    it(`runs in a browser, or is for Node alone: ${file}`, () => {
      const pages = groups.filter((group) => filesOfGroup(group).includes(file));

      expect(pages.length > 0).toBe(nodeOnlyReason(file) === undefined);
    });
  }

  it('runs in Node, unless it is for a browser alone', () => {
    const missing = specFiles().filter((file) => !filesOfNode().includes(file));

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
    const { code, stderr } = await run([...command, 'spec/within.spec.ts'], {
      env: { CHROME_BIN: '/nowhere/chrome' },
    });

    expect(code).toBe(1);
    expect(stderr).toBe(
      'CHROME_BIN is "/nowhere/chrome", which does not exist. ' +
        'Set CHROME_BIN to the program of a Chrome or Chromium. Or unset it: npm brings one.\n',
    );
  }, 30_000);

  it('refuses a spec file that is for Node alone, and says why', async () => {
    const { code, stderr } = await run([...command, 'spec/docs.spec.ts']);

    expect(code).toBe(1);
    expect(stderr).toBe(
      'spec/docs.spec.ts is for Node alone: npm run specs -- spec/docs.spec.ts\n' +
        'They read and compile the files of the project.\n',
    );
  }, 30_000);
});
