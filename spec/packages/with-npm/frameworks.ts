import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

import { run, type Ended } from '../../support/child-process.ts';
import { installByNpm, scratch } from '../tarball.ts';

const tests = 8;

// Their own ways to run, to fake timers and to compare; the suite is the same for all.
describe('A test', () => {
  let folder: string;

  beforeAll(() => {
    folder = scratch('frameworks');
    cpSync(fileURLToPath(new URL('../consumers/frameworks', import.meta.url)), folder, { recursive: true });
    const source = readFileSync(new URL('../suite.ts', import.meta.url), 'utf8');
    writeFileSync(join(folder, 'suite.ts'), source);
    for (const [name, module] of [
      ['es-suite.mjs', ts.ModuleKind.ESNext],
      ['cjs-suite.cjs', ts.ModuleKind.CommonJS],
    ] as const) {
      const options = { target: ts.ScriptTarget.ES2022, module, esModuleInterop: true };
      writeFileSync(join(folder, name), ts.transpile(source, options));
    }
    // The same test in TypeScript.
    const test = readFileSync(join(folder, 'jest.test.mjs'), 'utf8');
    writeFileSync(join(folder, 'jest.test.ts'), test.replace('./es-suite.mjs', './suite'));
    installByNpm(folder);
  }, 300_000);

  function node(...args: string[]): Promise<Ended> {
    return run(args, { cwd: folder, env: { NO_COLOR: '1', CI: 'true' }, timeoutMs: 180_000 });
  }

  function jest(...args: string[]): Promise<Ended> {
    return node('node_modules/jest/bin/jest.js', ...args);
  }

  it('runs in Jest, in TypeScript, by ts-jest, which makes CommonJS', async () => {
    const { code, stderr } = await jest();

    expect(stderr).toContain(`Tests:       ${tests} passed, ${tests} total`);
    expect(stderr).not.toContain('Warning');
    expect(code).toBe(0);
  }, 180_000);

  it('runs in Jest with a page, by jsdom', async () => {
    const { code, stderr } = await jest('--env=jsdom');

    expect(stderr).toContain(`Tests:       ${tests} passed, ${tests} total`);
    expect(code).toBe(0);
  }, 180_000);

  it('runs in Jest, as an ES module', async () => {
    const program = 'node_modules/jest/bin/jest.js';
    const { code, stderr } = await node('--experimental-vm-modules', program, '-c', 'jest.esm.config.cjs');

    expect(stderr).toContain(`Tests:       ${tests} passed, ${tests} total`);
    expect(code).toBe(0);
  }, 180_000);

  it('runs in Vitest', async () => {
    const { code, stdout, stderr } = await node('node_modules/vitest/vitest.mjs', 'run', 'vitest.test.mjs');

    expect(stdout + stderr).toContain(`Tests  ${tests} passed (${tests})`);
    expect(code).toBe(0);
  }, 180_000);

  it('runs in Mocha, in CommonJS', async () => {
    const { code, stdout, stderr } = await node('node_modules/mocha/bin/mocha.js', 'mocha.test.cjs');

    expect(stdout + stderr).toContain(`${tests} passing`);
    expect(code).toBe(0);
  }, 180_000);

  it('runs in node:test', async () => {
    const { code, stdout, stderr } = await node('--test', '--test-reporter=tap', 'node.test.mjs');

    expect(stdout + stderr).toContain(`# pass ${tests}`);
    expect(code).toBe(0);
  }, 180_000);
});
