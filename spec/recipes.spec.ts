import { fileURLToPath } from 'node:url';

import { examplesIn } from './docs/example.ts';
import { run } from './support/child-process.ts';
import { compile } from './support/compile.ts';

const recipes = examplesIn('docs/guides/recipes.md');

/** The program of a recipe, which in the guide sends the signal to itself alone. */
function programOf(name: string, signal: NodeJS.Signals): string {
  const { code } = recipes.find((recipe) => recipe.name === name)!;
  const sent = code.replace(`process.emit('${signal}')`, `process.kill(process.pid, '${signal}')`);
  const program = compile(`recipes-${signal}`, new Map([['/recipe.ts', sent]])).get('/recipe.ts')!;
  return fileURLToPath(program);
}

// spec/docs.spec.ts runs all recipes; these two in processes of their own.
describe('A recipe, by a signal of the system', () => {
  it('answers the requests that run, on SIGTERM', async () => {
    const { stdout, code } = await run([programOf('A server that ends on SIGTERM', 'SIGTERM')]);

    expect(stdout).toContain('all requests have ended');
    expect(stdout).toContain('answered');
    expect(code).toBe(0);
  });

  it('cleans up on Ctrl-C', async () => {
    const { stdout, code } = await run([programOf('A command-line program with Ctrl-C', 'SIGINT')]);

    expect(stdout.split('\n').slice(-2)).toEqual(['interrupted', '']);
    expect(code).toBe(0);
  });
});
