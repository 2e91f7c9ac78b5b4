// A Redis or Valkey for specs: a database of the server that REDIS_URL names; without that, a server of their own.
import { randomUUID } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Redis as Client } from 'ioredis';

import { ADVICE, redisProgram } from './redis-program.ts';

/** A server for specs, of which nothing is left when it has been ended. */
export abstract class Redis {
  abstract readonly url: string;
  abstract end(): Promise<void>;

  /** Whether there is one; if not, why, and what to do. */
  static get missing(): string | undefined {
    return process.env['REDIS_URL'] === undefined ? RedisServer.missing : undefined;
  }

  static start(given = process.env['REDIS_URL']): Promise<Redis> {
    return given === undefined ? RedisServer.start() : RedisDatabase.claim(given);
  }
}

/** Says that what is in a database comes from specs. */
const MARK = 'async-tamer-specs';
/** Says that specs use a database; it goes by itself if they are killed. */
const CLAIM = 'async-tamer-specs-claim';
const CLAIM_MS = 60_000;

/** A database of a server that others may use, too: one that is empty, but for what earlier specs have left. */
export class RedisDatabase extends Redis {
  readonly url: string;
  readonly #client: Client;
  readonly #claim = setInterval(() => void this.#client.pexpire(CLAIM, CLAIM_MS), CLAIM_MS / 3);

  private constructor(url: string, client: Client) {
    super();
    this.url = url;
    this.#client = client;
    this.#claim.unref();
  }

  /** Rejects with what to do, if the server will not do, or has no such database. */
  static async claim(server: string): Promise<RedisDatabase> {
    const client = new Client(server, { maxRetriesPerRequest: 1, enableReadyCheck: false });
    const problems: Error[] = [];
    client.on('error', (error) => problems.push(error));
    try {
      const policy = /^maxmemory_policy:(\S*)/m.exec(await client.info('memory'))?.[1];
      if (policy !== undefined && policy !== 'noeviction') {
        throw new Error(`Its "maxmemory-policy" is "${policy}". Set it to "noeviction".`);
      }
      const url = new URL(server);
      url.pathname = `/${await takeDatabase(client)}`;
      return new RedisDatabase(url.href, client);
    } catch (error) {
      client.disconnect();
      const [reason] = [...problems, error as Error];
      throw new Error(`Specs cannot use the server that REDIS_URL names, ${server}: ${String(reason)}`, {
        cause: error,
      });
    }
  }

  async end(): Promise<void> {
    clearInterval(this.#claim);
    await this.#client.flushdb();
    this.#client.disconnect();
  }
}

/** Not the first, which programs use that choose none. */
async function takeDatabase(client: Client): Promise<number> {
  for (let index = 1; ; index++) {
    await client.select(index).catch((error: unknown) => {
      const advice = 'Specs need a database each, and touch none that holds keys of others. Empty one.';
      throw new Error(`It has no database ${index} (${String(error)}). ${advice}`);
    });
    const claimed = await client.set(CLAIM, randomUUID(), 'PX', CLAIM_MS, 'NX');
    if (claimed !== null) {
      if ((await client.dbsize()) === 1 || (await client.exists(MARK)) === 1) {
        await client.multi().flushdb().set(MARK, '').set(CLAIM, '', 'PX', CLAIM_MS).exec();
        return index;
      }
      await client.del(CLAIM);
    }
  }
}

/** A server of its own, on a free port of this machine, with its data in a folder of its own. */
export class RedisServer extends Redis {
  readonly url: string;
  readonly #port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'async-tamer-redis-'));
  readonly #options: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, options: readonly string[]) {
    super();
    this.#port = port;
    this.#options = options;
    this.url = `redis://127.0.0.1:${port}`;
  }

  static override get missing(): string | undefined {
    return redisProgram() === undefined ? ADVICE : undefined;
  }

  static override async start(...options: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options);
    await server.start();
    return server;
  }

  /** Starts it again; with the data that it had, unless they were `forgotten`. */
  async start(): Promise<void> {
    const program = redisProgram();
    if (program === undefined) {
      throw new Error(ADVICE);
    }
    const place = ['--port', String(this.#port), '--bind', '127.0.0.1', '--dir', this.#folder];
    // The system has each write before it is acknowledged, so a server that is killed loses none. If the server had the disk
    // keep them, too, it would hold writes back for as long as the disk is busy, and acknowledge them.
    const data = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'no'];
    const child = spawn(program.path, [...place, ...data, ...this.#options], {
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

  /** Removes all data, while it runs. */
  async clear(): Promise<void> {
    const client = new Client(this.url);
    await client.flushall();
    client.disconnect();
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

/** A port of the loopback that nobody uses. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
