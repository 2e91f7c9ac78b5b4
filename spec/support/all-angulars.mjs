// Runs the specs of async-tamer/angular with other versions of Angular, which npm fetches: npm run test:angulars [-- VERSION…]
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { npm, programOf } from './nodes.mjs';

/** The oldest that there may be, and the newest of each major version since, each with the oldest Node that runs it. */
const versions = [
  { version: '20.0.0', node: '20' },
  { version: '20', node: '20' },
  { version: '21', node: '20' },
  { version: '22', node: '24' },
];
const packages = ['common', 'compiler', 'core', 'forms', 'platform-browser', 'router'];
const groups = ['angular zoneless', 'angular zone.js'];

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The folder into which npm puts a version of Angular; what that needs beside itself comes from here. */
function modulesOf(version) {
  const folder = join(root, 'node_modules/.cache/angulars', version);
  const names = packages.map((name) => `@angular/${name}@${version}`);
  const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--legacy-peer-deps'];
  npm([...args, ...names]);
  return join(folder, 'node_modules');
}

/** One row of the table: what the reporter of the specs has counted. */
function test({ version, node }, group) {
  const modules = modulesOf(version);
  const manifest = JSON.parse(readFileSync(join(modules, '@angular/core/package.json'), 'utf8'));
  const report = join(root, `reports/browser-${group.replaceAll(/\W+/g, '-')}.json`);
  rmSync(report, { force: true });
  console.log(`\nAngular ${manifest.version}`);
  const { status } = spawnSync(
    programOf(node),
    [
      '--import',
      new URL('ts-node.mjs', import.meta.url).href,
      'spec/support/browser/main.ts',
      `--group=${group}`,
    ],
    { cwd: root, stdio: 'inherit', env: { ...process.env, SPEC_MODULES: modules } },
  );
  const {
    passed = 0,
    failed = 0,
    skipped = 0,
  } = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
  return { Angular: manifest.version, group, passed, failed, 'not run': skipped, 'exit code': status };
}

const asked = process.argv.slice(2);
const rows = versions
  .filter(({ version }) => asked.length === 0 || asked.includes(version))
  .flatMap((version) => groups.map((group) => test(version, group)));
console.table(rows);
process.exitCode = rows.every((row) => row['exit code'] === 0 && row.passed > 0) ? 0 : 1;
