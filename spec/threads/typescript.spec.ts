import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { run, typescript } from '../support/child-process.ts';
import { moduleNamed } from './kit.ts';

const stripsTypes = Boolean((process.features as { typescript?: unknown }).typescript);
const tsNode = createRequire(import.meta.url).resolve('ts-node/dist/bin.js');

describe('Threads of a module in TypeScript', () => {
  const folder = new URL('typed/', moduleNamed('work'));
  const pathOf = (name: string): string => fileURLToPath(new URL(name, folder));

  beforeAll(() => {
    mkdirSync(folder, { recursive: true });
    copyFileSync(new URL('work.ts', import.meta.url), pathOf('work.ts'));
    // A package of CommonJS, with what only a compiler knows.
    writeFileSync(pathOf('package.json'), '{}');
    writeFileSync(
      pathOf('tsconfig.json'),
      `{ "compilerOptions": { "module": "CommonJS", "target": "ES2022" }, "ts-node": { "transpileOnly": true } }`,
    );
    writeFileSync(
      pathOf('color.ts'),
      `export enum Color { Red = 1 }
       export const red = (): Color => Color.Red;`,
    );
    writeFileSync(
      pathOf('main.ts'),
      `import { pathToFileURL } from 'node:url';
       import { threads } from 'async-tamer/threads';
       async function main(): Promise<void> {
         const work = threads<typeof import('./color')>(new URL('color.ts', pathToFileURL(__filename)));
         console.log(await work.red(), work.red().block());
       }
       void main();`,
    );
  });

  async function outputOf(name: string, code: string): Promise<string> {
    writeFileSync(pathOf(name), `import { threads } from 'async-tamer/threads';${code}`);
    return (await run([name], { cwd: pathOf('.') })).stdout;
  }

  it('compile it by the hooks that compile the program', async () => {
    const { stdout, stderr } = await run(typescript('spec/threads/typed.ts'));

    expect([stdout, stderr]).toEqual(['[ 3, 6 ]\n', '']);
  });

  for (const [description, args] of [
    ['by its command', [tsNode]],
    ['by a preload', ['-r', 'ts-node/register']],
  ] as const) {
    it(`compile it by the ts-node that compiles the program, in CommonJS: ${description}`, async () => {
      const { stdout } = await run([...args, 'main.ts'], { cwd: pathOf('.') });

      expect(stdout).toBe('1 1\n');
    });
  }

  it('compile it by what they alone preload', async () => {
    const stdout = await outputOf(
      'preloading.mjs',
      `const execArgv = ['-r', 'ts-node/register'];
       const work = threads(new URL('./color.ts', import.meta.url), { execArgv });
       console.log(await work.red(), work.red().block());`,
    );

    expect(stdout).toBe('1 1\n');
  });

  const [here, expected] = stripsTypes
    ? ['run it where Node strips its types', 'double 6, blocked 6\n']
    : [
        'say so where Node does not know it, and what to do',
        /^ThreadError: Cannot load file:.*\.ts in a thread\. .*Unknown file ext.*\.ts\. Node strips types from 22/,
      ];

  it(here, async () => {
    const stdout = await outputOf(
      'program.mjs',
      `const work = threads(new URL('./work.ts', import.meta.url));
       const attempt = async () => \`double \${await work.double(3)}, blocked \${work.double(3).block()}\`;
       console.log(await attempt().catch(String));`,
    );

    expect(stdout).toMatch(expected);
  });

  it('say what to do if it was named as what it is built into, and is not built', async () => {
    const stdout = await outputOf(
      'unbuilt.mjs',
      `const work = threads(new URL('./color.js', import.meta.url));
       console.log(await work.red().catch(({ message }) => message));`,
    );

    expect(stdout).toMatch(
      /^Cannot load .*color\.js in a thread\. [^]*\. There is color\.ts: build it, or name that/,
    );
  });

  it('say what to do about what is more than types, where nothing compiles it', async () => {
    const stdout = await outputOf(
      'colorful.mjs',
      `const work = threads(new URL('./color.ts', import.meta.url));
       console.log(await work.red().catch(String));`,
    );

    expect(stdout).toMatch(/^ThreadError: Cannot load [^]*give its threads a compiler/);
  });
});
