import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';

import { run, typescript } from './support/child-process.ts';
import { patience } from './support/patience.ts';
import { onlyWhere } from './support/runtime.ts';

describe('A child process', () => {
  it('is told by what it writes, and by its exit code', async () => {
    const code = 'console.log("out"); console.error("err"); process.exitCode = 3;';

    const ended = await run(['-e', code]);

    expect(ended).toEqual(
      jasmine.objectContaining({ stdout: 'out\n', stderr: 'err\n', code: 3, signal: null }),
    );
  });

  it('runs TypeScript, in the root of the project', async () => {
    const { stdout } = await run([...typescript('samples/survey/main.ts'), '--help']);

    expect(stdout).toMatch(/^Usage: /);
  });

  it('reads what it is given, in the directory and with the variables it is given', async () => {
    const code = 'console.log(process.cwd(), process.env.WORD, require("fs").readFileSync(0, "utf8"))';

    const { stdout } = await run(['-e', code], { cwd: tmpdir(), env: { WORD: 'word' }, input: 'text' });

    expect(stdout).toBe(`${realpathSync(tmpdir())} word text\n`);
  });

  it('need not read what it is given', async () => {
    const { code } = await run(['-e', ''], { input: 'x'.repeat(1e6) });

    expect(code).toBe(0);
  });

  it('says which signal has killed it', async () => {
    const signals = [{ signal: 'SIGTERM', after: /ready/ }] as const;

    const ended = await run(['-e', 'setInterval(() => {}, 1000); console.log("ready");'], { signals });

    expect([ended.code, ended.signal]).toEqual([null, 'SIGTERM']);
  });

  onlyWhere.signalsAreHeard.it('is sent each signal when it is due', async () => {
    const code = `
      const timer = setInterval(() => {}, 1000);
      process.on('SIGINT', () => console.log('one'));
      process.on('SIGTERM', () => { console.log('two'); clearInterval(timer); });
      console.error('ready');`;
    const signals = [
      { signal: 'SIGINT', after: /ready/ },
      { signal: 'SIGTERM', after: /one/ },
    ] as const;

    const { stdout, code: exitCode, ms, msAfterSignal } = await run(['-e', code], { signals });

    expect([stdout, exitCode]).toEqual(['one\ntwo\n', 0]);
    expect(msAfterSignal).toBeLessThan(ms);
  });

  it('is killed at its time limit, which is an error that tells what it had written', async () => {
    const code = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("still here");';

    const timeoutMs = patience(5000); // It has to begin by then.

    const ended = run(['-e', code], { timeoutMs });

    const text = `did not end within ${timeoutMs} ms\\.\nstdout: still here\n`;
    await expectAsync(ended).toBeRejectedWithError(new RegExp(`^node -e .* ${text}`));
  });
});
