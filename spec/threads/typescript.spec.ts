import { copyFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { run, typescript } from '../support/child-process.ts';
import { moduleNamed, takingTime } from './kit.ts';

const stripsTypes = Boolean((process.features as { typescript?: unknown }).typescript);

describe('Threads of a module in TypeScript', () => {
  takingTime();

  it('compile it by the hooks that compile the program', async () => {
    const { stdout, stderr } = await run(typescript('spec/threads/typed.ts'), { timeoutMs: 60_000 });

    expect([stdout, stderr]).toEqual(['[ 3, 6 ]\n', '']);
  }, 90_000);

  const [here, expected] = stripsTypes
    ? ['run it where Node strips its types', 'double 6, blocked 6\n']
    : [
        'say so where Node does not know it',
        /^ThreadError: Cannot load file:.*\.ts in a thread\. .*Unknown file ext/,
      ];

  it(here, async () => {
    const path = fileURLToPath(moduleNamed('typed')).replace(/\.js$/, '.mjs');
    copyFileSync(new URL('work.ts', import.meta.url), new URL('typed-work.ts', moduleNamed('typed')));
    writeFileSync(
      path,
      `import { threads } from 'async-tamer/threads';
       const work = threads(new URL('./typed-work.ts', import.meta.url));
       const attempt = async () => \`double \${await work.double(3)}, blocked \${work.double(3).block()}\`;
       console.log(await attempt().catch(String));`,
    );

    const { stdout } = await run([path]);

    expect(stdout).toMatch(expected);
  });
});
