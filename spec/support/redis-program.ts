// Where the server comes from that specs of a fleet need.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../node_modules/.cache/redis', import.meta.url));
const names = ['redis-server', 'valkey-server'];

/** A program, and the variables that it needs. */
export interface Program {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What is to be done where no server is found; specs that need one say so. */
export const ADVICE =
  'There is no redis-server and no valkey-server on the PATH, and apt has none either. ' +
  'Install one (https://redis.io/downloads), or name one that runs: REDIS_URL=redis://localhost:6379';

let found: { readonly program: Program | undefined } | undefined;

/** The server of this machine; on Debian and Ubuntu, one that apt fetches. Undefined if there is none. */
export function redisProgram(): Program | undefined {
  found ??= { program: onPath() ?? fetched() ?? fetch() };
  return found.program;
}

function onPath(): Program | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const path = folders
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((file) => existsSync(file));
  return path === undefined ? undefined : { path, env: {} };
}

/** What was fetched before. */
function fetched(): Program | undefined {
  const path = join(cache, 'usr/bin/redis-server');
  if (!existsSync(path)) {
    return undefined;
  }
  const program = { path, env: { LD_LIBRARY_PATH: librariesIn(cache).join(delimiter) } };
  const { status } = spawnSync(path, ['--version'], { env: { ...process.env, ...program.env } });
  return status === 0 ? program : undefined;
}

/** The folders of an unpacked package that hold libraries. */
function librariesIn(folder: string): string[] {
  return ['usr/lib', 'lib']
    .map((name) => join(folder, name))
    .filter((lib) => existsSync(lib))
    .flatMap((lib) => readdirSync(lib).map((name) => join(lib, name)));
}

/** As packages of the distribution, unpacked into a folder: nothing is installed, and nobody has to be root. */
function fetch(): Program | undefined {
  if (!existsSync('/usr/bin/apt-get') || !existsSync('/usr/bin/dpkg')) {
    return undefined;
  }
  const folder = `${cache}-${process.pid}`;
  const own = join(folder, 'apt');
  mkdirSync(join(own, 'partial'), { recursive: true });
  try {
    const lists: string[] = [];
    if (!download(folder, lists, 'redis-server', 'redis-tools')) {
      // The lists of this machine may be old, or not there: these are of this folder alone.
      lists.push('-o', `Dir::State::Lists=${own}`, '-o', `Dir::Cache=${own}`);
      apt(folder, 'get', [...lists, '-o', 'Debug::NoLocking=1', 'update']);
      download(folder, lists, 'redis-server', 'redis-tools');
    }
    missing(folder, lists).forEach((library) => download(folder, lists, library));
    unpackAll(folder);
    rmSync(own, { recursive: true });
    if (!existsSync(join(cache, 'usr/bin')) || fetched() === undefined) {
      rmSync(cache, { recursive: true, force: true });
      renameSync(folder, cache);
    }
  } catch {
    // Another process was faster.
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return fetched();
}

function apt(cwd: string, command: 'get' | 'cache', args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(`/usr/bin/apt-${command}`, args, {
    cwd,
    env: { ...process.env, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  });
  return status === 0 ? stdout : undefined;
}

function download(folder: string, lists: readonly string[], ...packages: string[]): boolean {
  return apt(folder, 'get', [...lists, 'download', ...packages]) !== undefined;
}

/** The libraries that the server needs, and this machine has not. */
function missing(folder: string, lists: readonly string[]): string[] {
  const text = apt(folder, 'cache', [...lists, 'depends', '--important', 'redis-tools']) ?? '';
  const libraries = [...text.matchAll(/^ *Depends: ((?:lib|lua-)\S+)$/gm)].map(([, name = '']) => name);
  return libraries.filter(
    (name) => spawnSync('/usr/bin/dpkg', ['-s', name], { stdio: 'ignore' }).status !== 0,
  );
}

function unpackAll(folder: string): void {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
    spawnSync('/usr/bin/dpkg', ['-x', file, '.'], { cwd: folder, stdio: 'ignore' });
    rmSync(join(folder, file));
  }
}
