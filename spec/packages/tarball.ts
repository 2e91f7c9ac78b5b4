import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** What is read of the package's own manifest. */
export interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;

/** The package as npm would publish it. */
export interface Tarball {
  readonly path: string;
  /** The paths of what is in it. */
  readonly files: readonly string[];
}

let packed: Tarball | undefined;

/** Packed once a run, from what "npm run build" has left in `dist`. */
export function tarball(): Tarball {
  packed ??= pack();
  return packed;
}

function pack(): Tarball {
  const folder = scratch('pack');
  // A cache of its own, since the home directory may be nobody's to write.
  const args = [
    'pack',
    '--ignore-scripts',
    '--json',
    '--pack-destination',
    folder,
    '--cache',
    scratch('cache'),
  ];
  // A list in some versions of npm, an object by name in others.
  const reports = Object.values(JSON.parse(npm(args, root)) as Record<string, Packed>);
  const { filename, files } = reports[0]!;
  return { path: join(folder, filename), files: files.map(({ path }) => path) };
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** Runs npm, and returns what it prints. Throws if it fails. */
export function npm(args: readonly string[], cwd: string): string {
  const script = process.env['npm_execpath'];
  const { status, stdout, stderr } =
    script === undefined
      ? spawnSync('npm', args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' })
      : spawnSync(process.execPath, [script, ...args], { cwd, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`"npm ${args.join(' ')}" ended with exit code ${status}.\n${stdout}\n${stderr}`);
  }
  return stdout;
}

const folders: string[] = [];
const kept = Boolean(process.env['KEEP_PACKAGES']);

process.once('exit', () => {
  if (kept) {
    console.log(['Kept:', ...folders].join('\n  '));
  } else {
    folders.forEach((folder) => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  }
});

/** A new folder, outside of this project: nothing there finds what the project has installed. Removed when the process ends. */
export function scratch(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `async-tamer-${name}-`));
  folders.push(folder);
  return folder;
}

/** Puts the package into a folder's `node_modules`, and beside it, by name, what else the project has installed. */
export function install(folder: string, others: readonly string[] = []): void {
  const modules = join(folder, 'node_modules');
  mkdirSync(modules, { recursive: true });
  // By a relative path: there are programs called tar that take "C:" for a host.
  copyFileSync(tarball().path, join(modules, 'package.tgz'));
  const { status, stderr } = spawnSync('tar', ['-xzf', 'package.tgz'], { cwd: modules, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`tar cannot unpack what npm has packed. ${stderr}`);
  }
  renameSync(join(modules, 'package'), join(modules, manifest.name));
  for (const name of others) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name), 'junction');
  }
}

/** Lets npm install the package, and what the `package.json` of a folder says. */
export function installByNpm(folder: string): void {
  // The program of esbuild would make itself another one, which is no JavaScript.
  const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'];
  npm(['install', ...options, tarball().path], folder);
}
