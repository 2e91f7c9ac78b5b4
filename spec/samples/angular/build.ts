import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { run } from '../../support/child-process.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const commands = [
  ['node_modules/@angular/compiler-cli/bundles/src/bin/ngc.js', '--project', 'samples/angular'],
  ['node_modules/webpack/bin/webpack.js', '--config', 'samples/angular/webpack.config.js'],
];
/** All that the site is made of, versions of packages included. */
const inputs = [
  'package-lock.json',
  'tsconfig.json',
  'src',
  'samples/angular/app',
  'samples/angular/tsconfig.json',
  'samples/angular/webpack.config.js',
];
const site = 'samples/angular/dist/site';
/** What it was made of when it was built here, and what it was then. */
const stamp = `${root}samples/angular/dist/made-of.txt`;

let built: Promise<void> | undefined;

/**
 * Does, once a run, what `npm run sample:angular` does before it serves, unless that is there, made of the same. Rejects, with what
 * the tools say, unless they are content.
 */
export function buildSample(): Promise<void> {
  built ??= build();
  return built;
}

async function build(): Promise<void> {
  const state = stateOf(inputs);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === `${state} ${stateOf([site])}`) {
    return;
  }
  for (const command of commands) {
    const { code, stdout, stderr } = await run(command, { timeoutMs: 300_000 });
    const said = `${stdout}${stderr}`.trim();
    if (code !== 0 || /error|warning/i.test(said)) {
      throw new Error(`node ${command.join(' ')} ended with exit code ${String(code)}:\n${said}`);
    }
  }
  writeFileSync(stamp, `${state} ${stateOf([site])}`);
}

/** Changes with these files, and with all that is in these folders. */
function stateOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths.filter((each) => existsSync(root + each))) {
    const names = statSync(root + path).isDirectory()
      ? readdirSync(root + path, { encoding: 'utf8', recursive: true }).sort()
      : [''];
    for (const name of names.map((each) => `${path}/${each}`.replace(/\/$/, ''))) {
      if (statSync(root + name).isFile()) {
        hash
          .update(`${name}\0`)
          .update(readFileSync(root + name))
          .update('\0');
      }
    }
  }
  return hash.digest('hex');
}
