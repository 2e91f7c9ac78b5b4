// Surveys the packages in a folder: npm start, or npm start -- --help
//
// What to watch for: Ctrl-C. The signal handler says "cancel" to one scope and does nothing else; `survey` fails with a
// CancelledError when all that was under way has cleaned up, and what was found until then is printed. Nothing calls
// process.exit(): the program ends because nothing is left that runs.
import { writeFileSync } from 'node:fs';

import { CancelledError } from 'async-tamer';
import { FleetError } from 'async-tamer/fleet';
import { trace, type Trace } from 'async-tamer/trace';

import { Findings } from './findings.ts';
import { measurerHere, measurerIn, measurerOf, type Helpers } from './measurer.ts';
import { HELP, readOptions, UsageError, type Options } from './options.ts';
import { printable } from './printable.ts';
import { progressOn } from './progress.ts';
import { asJson, asText } from './report.ts';
import { survey } from './survey.ts';

const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const findings = new Findings(options.folder);
  const recording = options.trace === undefined ? undefined : trace();
  const start = performance.now();
  const interrupted = await surveyUntilInterrupted(findings, options, recording);

  const print = options.json ? asJson : asText;
  process.stdout.write(print(findings, { interrupted, ms: performance.now() - start }));
  if (interrupted) {
    process.exitCode = EXIT_INTERRUPTED;
  }
  if (options.trace !== undefined && recording !== undefined) {
    write(options.trace, recording);
  }
}

/** Whether it was interrupted. */
async function surveyUntilInterrupted(
  findings: Findings,
  options: Options,
  recording: Trace | undefined,
): Promise<boolean> {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) {
    // Not once(): without a listener, a second Ctrl-C would kill the program before it has cleaned up.
    process.on(signal, () => interrupt.abort());
  }
  const helpers = await helpersFor(options);
  const measurer = helpers ?? measurerHere;
  try {
    const { signal } = interrupt;
    await survey(findings, progressOn(process.stderr), { ...options, recording, signal, measurer });
    return false;
  } catch (error) {
    if (error instanceof CancelledError) {
      return true;
    }
    throw findings.found === 0 ? noFolder(error, options.folder) : error;
  } finally {
    await helpers?.[Symbol.asyncDispose]();
  }
}

/** The threads or machines that measure in the place of this thread, if the options ask for them. */
async function helpersFor({ threads, fleet, connection }: Options): Promise<Helpers | undefined> {
  if (!fleet) {
    return threads === 0 ? undefined : measurerIn(threads);
  }
  try {
    return await measurerOf(connection);
  } catch (error) {
    throw error instanceof FleetError ? new UsageError(error.message, { cause: error }) : error;
  }
}

/** Draws what ran when; the name of the file says how. */
function write(file: string, recording: Trace): void {
  try {
    writeFileSync(file, file.endsWith('.svg') ? recording.svg() : JSON.stringify(recording.chrome()));
  } catch (error) {
    throw new UsageError(`The trace cannot be written to ${printable(file, 1000)}: ${String(error)}`, {
      cause: error,
    });
  }
}

/** The one error that is the user's: those of packages are among the findings. */
function noFolder(error: unknown, folder: string): unknown {
  if (!(error instanceof Error && 'code' in error)) {
    return error;
  }
  const code = String(error.code);
  const reasons: Record<string, string> = {
    ENOENT: 'There is no such folder',
    ENOTDIR: 'This is not a folder',
    EACCES: 'This folder may not be read',
  };
  const reason = reasons[code] ?? `This folder cannot be read (${code})`;
  return new UsageError(`${reason}: ${printable(folder, 1000)}`, { cause: error });
}

// The reader of our output may have read enough: npm start | head
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      throw error;
    }
  });
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) {
    throw error;
  }
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT_USAGE;
}
