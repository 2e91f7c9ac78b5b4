// Runs the specs on the Node that is installed, and on others from npm: npm run test:nodes [-- SPEC_FILE…]
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { programOf, versions } from './nodes.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const report = join(root, 'reports/specs.json');

/** One row of the table: what the reporter of the specs has counted. */
function test(version, files) {
  const program = programOf(version);
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  console.log(`\nNode ${stdout.trim()}`);
  rmSync(report, { force: true });
  const start = performance.now();
  const args = ['--import', new URL('ts-node.mjs', import.meta.url).href, 'spec/support/runner/main.ts'];
  const { status } = spawnSync(program, [...args, ...files], { cwd: root, stdio: 'inherit' });
  const counts = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
  const { passed = 0, failed = 0, skipped = 0 } = counts;
  const seconds = Math.round((performance.now() - start) / 1000);
  return { Node: stdout.trim(), passed, failed, 'not run': skipped, 'exit code': status, seconds };
}

const rows = versions.map((version) => test(version, process.argv.slice(2)));
console.table(rows);
process.exitCode = rows.every((row) => row['exit code'] === 0 && row.passed > 0) ? 0 : 1;
