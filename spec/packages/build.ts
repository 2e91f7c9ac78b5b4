import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { run } from '../support/child-process.ts';
import { entriesFor, mainOf, writeEntries } from './entries.ts';
import { install, scratch } from './tarball.ts';

/** How a bundler is run: the path of its program under `node_modules`, and its arguments. */
const commands = {
  webpack: ['webpack/bin/webpack.js', '--fail-on-warnings'],
} as const satisfies Record<string, readonly string[]>;

export type Bundler = keyof typeof commands;

/**
 * Builds the program of `consumers/<bundler>`, which imports every entry point that runs in a browser, and returns its folder.
 * Throws if the bundler fails, or warns.
 */
export async function build(bundler: Bundler, linked: readonly string[]): Promise<string> {
  const folder = scratch(bundler);
  const entries = entriesFor('browser');
  cpSync(fileURLToPath(new URL(`consumers/${bundler}`, import.meta.url)), folder, { recursive: true });
  writeEntries(folder, entries);
  writeFileSync(join(folder, 'main.mjs'), mainOf(entries));
  install(folder, linked);

  const [program, ...args] = commands[bundler];
  const { code, stdout, stderr } = await run([join('node_modules', program), ...args], {
    cwd: folder,
    timeoutMs: 60_000,
  });
  const output = `${stdout}${stderr}`;
  if (code !== 0 || WARNING.test(output)) {
    throw new Error(`${bundler} ended with exit code ${code}, or warned.\n${output}`);
  }
  return folder;
}

const WARNING = /warn|deprecat|\(!\)/i;

/** What a bundle for browsers must not have: the addon, modules of Node, and what bundlers put in their place. */
const foreign: Readonly<Record<string, RegExp>> = {
  'the addon': /deasync|\.node["'`]/,
  'a module of Node':
    /\b(?:from|import|require)\b\s*\(?\s*["'`](?:node:|(?:fs|path|module|os|async_hooks)["'`])/,
  // Asked for only where there is a process that has it: servers' builds are made for browsers, too.
  'what asks Node for a module': /["'`]node:(?!async_hooks["'`])/,
  'a polyfill': /\bprocess\.(?:env|nextTick|browser|cwd|argv)\b|createRequire|browser-external|polyfill/,
};

/** What of that is found in the JavaScript files of a folder. */
export function problemsIn(folder: string): string[] {
  const files = readdirSync(folder, { encoding: 'utf8', recursive: true }).filter((name) =>
    /\.m?js$/.test(name),
  );
  if (files.length === 0) {
    return [`There is no bundle in ${folder}.`];
  }
  return files.flatMap((file) => {
    const code = readFileSync(join(folder, file), 'utf8');
    return Object.entries(foreign).flatMap(([what, pattern]) => {
      const match = pattern.exec(code);
      return match === null
        ? []
        : [`${file} has ${what}: ${code.slice(Math.max(0, match.index - 60), match.index + 60)}`];
    });
  });
}
