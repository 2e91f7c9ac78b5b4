import { run } from '../support/child-process.ts';
import { library, moduleNamed } from './kit.ts';

/** What a program prints that is given as text. */
async function printed(flags: readonly string[], code: string): Promise<string> {
  const text = `
    import { threads } from "${new URL('threads/index.js', library).href}";
    const work = threads("${moduleNamed('work').href}");
    ${code}
    await work[Symbol.asyncDispose]();`;
  const { stdout, stderr } = await run([...flags, '-e', text]);
  return stdout + stderr;
}

describe('Threads of a program that is given as text', () => {
  const flags: [what: string, flags: readonly string[]][] = [
    ['--input-type=module', ['--input-type=module']],
    ['--input-type module', ['--input-type', 'module']],
    ['flags of the whole process', ['--expose-gc', '--input-type=module', '--max-old-space-size=500']],
  ];

  for (const [what, given] of flags) {
    it(`start with ${what}, for block() and for await`, async () => {
      const text = await printed(given, 'console.log(work.echo(1).block(), await work.echo(2));');

      expect(text).toBe('1 2\n');
    });
  }

  it('keep the other flags', async () => {
    const given = ['--input-type=module', '--conditions=special', '--no-deprecation'];

    const text = await printed(given, "console.log((await work.flags()).slice(0, 2).join(' '));");

    expect(text).toContain('--conditions=special --no-deprecation');
    expect(text).not.toContain('input-type');
  });
});
