import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../node_modules/.cache/redis', import.meta.url));
const names = ['redis-server', 'valkey-server'];

interface Program {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What is to be done where no server is found; specs that need one say so. */
export const ADVICE =
  'There is no redis-server and no valkey-server on the PATH. Install one: https://redis.io/downloads';

let found: Program | undefined;

/** The server of this machine; on Debian and Ubuntu, one that apt fetches. Undefined if there is none. */
export function redisProgram(): Program | undefined {
  found ??= onPath() ?? fetched() ?? fetch();
  return found;
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
  const lib = join(cache, 'usr/lib');
  const folders = readdirSync(lib).map((name) => join(lib, name));
  const program = { path, env: { LD_LIBRARY_PATH: folders.join(delimiter) } };
  const { status } = spawnSync(path, ['--version'], { env: { ...process.env, ...program.env } });
  return status === 0 ? program : undefined;
}

/** As a package of the distribution, unpacked into a folder: nothing is installed. */
function fetch(): Program | undefined {
  const [apt] = ['/usr/bin/apt-get'].filter((file) => existsSync(file));
  if (apt === undefined) {
    return undefined;
  }
  const folder = `${cache}-${process.pid}`;
  mkdirSync(folder, { recursive: true });
  const download = (...packages: string[]): boolean =>
    spawnSync(apt, ['download', ...packages], { cwd: folder, stdio: 'ignore' }).status === 0;
  const server = ['redis-server', 'redis-tools'];
  if (!download(...server)) {
    spawnSync(apt, ['update'], { stdio: 'ignore' }); // The lists may be old, or not there.
    download(...server);
  }
  ['libjemalloc2', 'liblzf1', 'libatomic1'].forEach((library) => download(library));
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
    spawnSync('dpkg', ['-x', file, '.'], { cwd: folder, stdio: 'ignore' });
    rmSync(join(folder, file));
  }
  try {
    renameSync(folder, cache);
  } catch {
    rmSync(folder, { recursive: true, force: true }); // Another process was faster.
  }
  return fetched();
}

/** A server of its own, on a free port of this machine, with its data in a folder of its own. */
export class Redis {
  readonly url: string;
  readonly #port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'async-tamer-redis-'));
  readonly #options: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, options: readonly string[]) {
    this.#port = port;
    this.#options = options;
    this.url = `redis://127.0.0.1:${port}`;
  }

  static async start(...options: readonly string[]): Promise<Redis> {
    const redis = new Redis(await freePort(), options);
    await redis.start();
    return redis;
  }

  /** Starts it again; with the data that it had, unless they were `forgotten`. */
  async start(): Promise<void> {
    const program = redisProgram();
    if (program === undefined) {
      throw new Error(ADVICE);
    }
    const args = ['--port', String(this.#port), '--bind', '127.0.0.1', '--dir', this.#folder];
    const child = spawn(program.path, [...args, '--save', '', '--appendonly', 'yes', ...this.#options], {
      env: { ...process.env, ...program.env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#process = child;
    servers.add(child);
    child.once('exit', () => servers.delete(child));
    let output = '';
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (text: Buffer) => {
        output += text.toString();
        if (output.includes('Ready to accept connections')) {
          resolve();
        }
      });
      child.once('exit', () => reject(new Error(`The server has ended. ${output}`)));
    });
  }

  forget(): void {
    rmSync(join(this.#folder, 'appendonlydir'), { recursive: true, force: true });
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Those that run: none outlives this process. */
const servers = new Set<ChildProcess>();
process.once('exit', () => servers.forEach((server) => server.kill('SIGKILL')));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
