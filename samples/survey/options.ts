// Reads the command line, and says what is wrong with it. What to watch for: nothing of the library is used here. A function
// that does not wait stays a plain function, and its error a plain error.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** The options, and what they mean. */
export const HELP = `Usage: npm start -- [options] [folder]

Surveys every package in a folder, scoped and nested ones too: its licence, its files and their size.
A folder that is a package itself is surveyed with the packages in its node_modules.
Without a folder: the node_modules of this project.

  --concurrency N   so many packages at once (16)
  --rate N          begin so many packages per second at most (500)
  --timeout ms      cut off a package that takes longer (10000)
  --threads N       read the files in so many threads, hash them too, and say how many are copies of others
  --fleet           the same on the machines of a fleet; without --connection, in the threads of this one
  --connection url  the Redis or Valkey of the fleet, such as redis://localhost:6379
  --trace file      draw what ran when: file.svg is a picture, file.json is for https://ui.perfetto.dev
  --json            print one JSON document instead of tables
  -h, --help        print this

Progress goes to stderr, the result to stdout. Ctrl-C ends the survey with what was found so far.
Exit code: 0 done, even if packages failed; 2 wrong arguments, no such folder or server; 130 interrupted.

A machine of a fleet sees the same folder under the same path, and runs
  node --import ./spec/support/ts-node.mjs src/fleet/command.ts samples/survey/work.ts --connection url
If it is lost, others do what it was about to do, and the result is the same.

With --json (and npm start --silent, lest npm prints a heading):
  folder, interrupted, ms         what was surveyed, whether to its end, and how long that took
  counts                          { found, surveyed, failed, cutOff, notReached } packages
  copies                          { files, bytes } whose content another file has, too; only with --threads or --fleet
  total                           { files, bytes, lines } that were measured; lines are those of source code
  licences                        { [licence]: packages }, the most frequent first; "none" where there is none
  packages                        [{ path, name, version, licence, files, bytes, lines }], the biggest first
  failed                          [{ path, error }]
  cutOff                          [{ path, reason, files, bytes, lines }], as far as they came
  handles                         { opened, closed } files; not those that machines of a fleet open
`;

/** What the command line asks for. */
export interface Options {
  readonly folder: string;
  readonly concurrency: number;
  readonly rate: number;
  readonly timeout: number;
  /** 0: none but this one. */
  readonly threads: number;
  /** On the machines of a fleet. */
  readonly fleet: boolean;
  /** The server of the fleet; undefined: the machine is this one. */
  readonly connection: string | undefined;
  /** The file to draw to. */
  readonly trace: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

/** Something is wrong with the command line; the message is one line for the user. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads the arguments. Throws a {@link UsageError}. */
export function readOptions(args: string[]): Options {
  const { values, positionals } = parse(args);
  if (positionals.length > 1) {
    throw new UsageError(`There is one folder to survey, but got ${positionals.length}.`);
  }
  if (positionals[0] === '') {
    throw new UsageError('The folder to survey is an empty string.');
  }
  if (values.fleet && values.threads !== undefined) {
    throw new UsageError('There is --threads or --fleet, but got both.');
  }
  if (values.connection !== undefined && !values.fleet) {
    throw new UsageError('--connection is for --fleet, which is missing.');
  }
  return {
    folder: resolve(positionals[0] ?? fileURLToPath(new URL('../../node_modules', import.meta.url))),
    concurrency: wholeNumber('--concurrency', values.concurrency, 256),
    rate: wholeNumber('--rate', values.rate, 1_000_000),
    timeout: wholeNumber('--timeout', values.timeout, 86_400_000),
    threads: values.threads === undefined ? 0 : wholeNumber('--threads', values.threads, 64),
    fleet: values.fleet,
    connection: values.connection === undefined ? undefined : serverAt(values.connection),
    trace: values.trace === undefined ? undefined : traceFile(values.trace),
    json: values.json,
    help: values.help,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        concurrency: { type: 'string', default: '16' },
        rate: { type: 'string', default: '500' },
        timeout: { type: 'string', default: '10000' },
        threads: { type: 'string' },
        fleet: { type: 'boolean', default: false },
        connection: { type: 'string' },
        trace: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split(/\.?\n|\. /); // parseArgs throws Errors, with much advice.
    throw new UsageError(`${sentence}. Try --help.`, { cause: error });
  }
}

function wholeNumber(option: string, text: string, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > most) {
    throw new UsageError(`${option} takes a whole number from 1 to ${most}, but got "${text}".`);
  }
  return number;
}

function serverAt(url: string): string {
  if (!/^rediss?:\/\/./.test(url)) {
    throw new UsageError(`--connection takes a URL such as redis://localhost:6379, but got "${url}".`);
  }
  return url;
}

function traceFile(path: string): string {
  if (!/\.(?:svg|json)$/.test(path)) {
    throw new UsageError(`--trace takes a file that ends in .svg or .json, but got "${path}".`);
  }
  return resolve(path);
}
