import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { run } from '../../support/child-process.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const sample = 'samples/angular';
const dist = `${sample}/dist`;
/** What `app` and the library are made of, versions of packages included. */
const ofAll = [
  'package-lock.json',
  'tsconfig.json',
  `${sample}/tsconfig.json`,
  `${sample}/ahead-of-time.json`,
  `${sample}/app`,
  `${sample}/wire.ts`,
];

/** A step of the build: a program, what that makes, and what of. */
interface Step {
  readonly command: readonly string[];
  readonly makes: string;
  readonly of: readonly string[];
  /** Of folders, only such files. */
  readonly only?: RegExp;
}

const steps: readonly Step[] = [
  {
    command: [`${sample}/library.mjs`],
    makes: `${dist}/library`,
    of: ['package-lock.json', 'tsconfig.json', `${sample}/library.json`, 'src'],
  },
  {
    command: [
      'node_modules/@angular/compiler-cli/bundles/src/bin/ngc.js',
      '--project',
      `${sample}/ahead-of-time.json`,
    ],
    makes: `${dist}/compiled`,
    of: [...ofAll, `${dist}/library`],
    only: /(?<!\.js|\.map)$/, // Of the library, the declarations alone.
  },
  {
    command: ['node_modules/webpack/bin/webpack.js', '--config', `${sample}/webpack.config.js`],
    makes: `${dist}/site`,
    of: ['package-lock.json', `${sample}/webpack.config.js`, `${dist}/library`, `${dist}/compiled`],
  },
];

let built: Promise<void> | undefined;

/**
 * Does, once a run, what `npm run sample:angular` does before it serves, but for what is there, made of the same. Rejects, with what
 * the tools say, unless they are content.
 */
export function buildSample(): Promise<void> {
  built ??= build();
  return built;
}

async function build(): Promise<void> {
  for (const { command, makes, of, only } of steps) {
    const stamp = `${root}${makes}.txt`; // What it was made of here, and what it was then.
    const state = stateOf(of, only);
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === `${state} ${stateOf([makes])}`) {
      continue;
    }
    rmSync(root + makes, { recursive: true, force: true });
    const { code, stdout, stderr } = await run(command, { timeoutMs: 300_000 });
    const said = `${stdout}${stderr}`.trim();
    if (code !== 0 || /error|warning/i.test(said)) {
      throw new Error(`node ${command.join(' ')} ended with exit code ${String(code)}:\n${said}`);
    }
    writeFileSync(stamp, `${state} ${stateOf([makes])}`);
  }
}

/** Changes with these files, and with all that is in these folders, or only such files. */
function stateOf(paths: readonly string[], only = /^/): string {
  const hash = createHash('sha256');
  for (const path of paths.filter((each) => existsSync(root + each))) {
    const names = statSync(root + path).isDirectory()
      ? readdirSync(root + path, { encoding: 'utf8', recursive: true }).sort()
      : [''];
    for (const name of names.map((each) => `${path}/${each}`.replace(/\/$/, ''))) {
      if (only.test(name) && statSync(root + name).isFile()) {
        hash
          .update(`${name}\0`)
          .update(readFileSync(root + name))
          .update('\0');
      }
    }
  }
  return hash.digest('hex');
}
