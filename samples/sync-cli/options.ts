import { parseArgs } from 'node:util';

/** What was asked for. */
export interface Options {
  readonly files: readonly string[];
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly json: boolean;
  readonly help: boolean;
}

/** What the user has to put right: one line, and exit code 2. */
export class UsageError extends Error {}

export const HELP = `Usage: main.ts [OPTION]… FILE…

Checks the links of Markdown files; "-" is standard input. Exits with 0 if all are fine, with 1 if some are broken,
with 2 if it was used wrongly, with 130 if it was interrupted.

  --concurrency N   how many servers to ask at once (default 8)
  --timeout MS      how long to wait for an answer (default 5000)
  --retries N       how often to ask again a server that fails (default 2)
  --json            print JSON
  --help            print this
`;

const KNOWN = {
  concurrency: { type: 'string', default: '8' },
  timeout: { type: 'string', default: '5000' },
  retries: { type: 'string', default: '2' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Reads the arguments; throws a {@link UsageError} that says what is wrong with them. */
export function optionsFrom(args: readonly string[]): Options {
  const { values, positionals: files } = parsed(args);
  if (files.length === 0 && !values.help) {
    throw new UsageError('Which files? Give at least one, or "-" for standard input; --help says more.');
  }
  return {
    files,
    concurrency: numberFrom('concurrency', values.concurrency, 1),
    timeoutMs: numberFrom('timeout', values.timeout, 1),
    retries: numberFrom('retries', values.retries, 0),
    json: values.json,
    help: values.help,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: KNOWN, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function numberFrom(option: string, text: string, least: number): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isInteger(number) || number < least) {
    throw new UsageError(`--${option} takes a whole number from ${least}, but got "${text}".`);
  }
  return number;
}
