import { join } from 'node:path';

import { run } from '../../support/child-process.ts';
import { root, tarball } from '../tarball.ts';

// "node16" leaves out the resolution of TypeScript before 4.7, which reads no "exports".
const profile = ['--profile', 'node16'];

// It needs nothing of npm, but takes as long as all else that is said of the package in spec/packages/package.spec.ts.
describe('The package', () => {
  it('has types that fit its code for every way to import it, so says "are the types wrong"', async () => {
    const program = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');

    const { code, stdout, stderr } = await run(
      [program, tarball().path, ...profile, '--format', 'ascii', '--no-emoji', '--no-color'],
      { cwd: root },
    );

    expect(code)
      .withContext(stdout + stderr)
      .toBe(0);
  });
});
