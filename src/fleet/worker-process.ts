import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { checkServeOptions, type ServeOptions } from './options.ts';
import { serve } from './serve.ts';

// The process in which async-tamer-worker runs calls; it ends with the one that started it.

const USAGE = `async-tamer-worker FILE --connection URL [options]

Runs the exported functions of the module FILE for the calls of fleet().

  --connection URL    of the Redis or Valkey that holds the queue, such as redis://localhost:6379
  --name NAME         of the queue; default: the name of FILE, without its ending
  --version VERSION   of the code; default: none
  --concurrency N     how many calls run at once; default: as many as there are cores
  --lockMs MS         how long after its last sign of life this worker is taken for lost; default: 10000
  --graceMs MS        how long a cancelled call may go on before its thread is ended; default: 1000
  --shutdownMs MS     how long calls may go on after SIGTERM; then they are handed back; default: 10000
  --help
`;

interface Task {
  readonly href: string;
  readonly options: ServeOptions;
}

function read(argv: readonly string[]): Task | undefined {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...{ connection: text, name: text, version: text, help: { type: 'boolean' } as const },
      ...{ concurrency: text, lockMs: text, graceMs: text, shutdownMs: text },
    },
  });
  if (values.help === true) {
    return undefined;
  }
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) {
    throw new TypeError('async-tamer-worker takes one FILE, the module to run.');
  }
  const { connection = '', name, version, ...numbers } = values;
  const entries = Object.entries(numbers).map(([option, value]) => [option, numberOf(option, String(value))]);
  const options: ServeOptions = {
    connection,
    ...(name !== undefined && { name }),
    ...(version !== undefined && { version }),
    ...(Object.fromEntries(entries) as Partial<ServeOptions>),
  };
  const href = file.startsWith('data:') ? file : pathToFileURL(resolve(file)).href;
  checkServeOptions(href, options);
  return { href, options };
}

function numberOf(option: string, value: string): number {
  const number = value === 'Infinity' ? Infinity : Number(value);
  if (value.trim() === '' || Number.isNaN(number)) {
    throw new TypeError(`The option "--${option}" is a number, but got "${value}".`);
  }
  return number;
}

function complain(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
}

async function work({ href, options }: Task): Promise<void> {
  const worker = await serve(href, checkServeOptions(href, options));
  let isEnding = false;
  const end = (): void => {
    if (isEnding) {
      return;
    }
    isEnding = true;
    void Promise.resolve(worker[Symbol.asyncDispose]()).then(
      () => process.exit(0),
      (error: unknown) => {
        complain(error);
        process.exit(1);
      },
    );
    tell('ending');
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.on('disconnect', end);
  if (process.send !== undefined && !process.connected) {
    end(); // The process that started this one has gone meanwhile.
  } else {
    tell('ready');
  }
}

/** Tells the process that started this one, if that is still there. */
function tell(news: 'ready' | 'ending'): void {
  if (process.connected) {
    process.send?.(news);
  }
}

/** No top-level await: this is loaded as CommonJS, too. */
async function main(): Promise<void> {
  try {
    const task = read(process.argv.slice(2));
    if (task === undefined) {
      process.stdout.write(USAGE);
      process.disconnect();
      return;
    }
    await work(task).catch((error: unknown) => {
      complain(error);
      process.exit(1);
    });
  } catch (error) {
    complain(error);
    process.stderr.write('async-tamer-worker --help says how it is used.\n');
    process.exit(2);
  }
}

void main();
