import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { run } from './child-process.ts';
import { compile } from './compile.ts';

/** What a child may be: see slopes.ts. */
export const kinds = [
  'a coroutine',
  'an async function',
  'an Observable',
  'a cancelled coroutine',
  'a cancelled async function',
  'a cancelled Observable',
  'a queued one',
  'a queued one that is cancelled',
  'a watched one',
  'one of those that come and go',
  'a nested scope',
  'a run inside another',
  'one of the scopes that are open at once',
  'a scope inside another',
  'one of the scopes that one call makes',
] as const;

/** For each kind, how many times as much a child costs among many as it does among few. */
export async function measureSlopes(
  few: number,
  many: number,
  timeoutMs: number,
): Promise<Readonly<Record<string, number>>> {
  const path = fileURLToPath(new URL('slopes.ts', import.meta.url));
  const program = compile('slopes', new Map([[path, readFileSync(path, 'utf8')]])).get(path)!;
  // What fits into V8's nursery dies there for nothing: ten thousand children do, a hundred thousand do not, and Promise.all
  // grows by the same measure up to six times. So the nursery is too small for either.
  const args = ['--max-semi-space-size=1', fileURLToPath(program), String(few), String(many)];
  const { stdout, stderr } = await run(args, { timeoutMs });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Record<string, number>;
}
