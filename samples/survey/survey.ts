// The scopes of the survey. What to watch for: three of them, one in the other, as the code is.
//
//   services   what all packages need, for as long as there are any: the rate limiter, a service, which ends after them
//     batch    the packages, some at once
//       one    each package, with a time limit
//
// No function passes a signal down. When the outermost is cancelled (Ctrl-C does that, see main.ts), the others are, from the
// inside out, each when what is in it has cleaned up.
import { relative, sep } from 'node:path';

import { tap, TimeoutError } from 'rxjs';

import { AsyncScope, tamed } from 'async-tamer';
import type { Trace } from 'async-tamer/trace';

import { findPackages } from './find.ts';
import type { Findings, Row } from './findings.ts';
import type { Measurer } from './measurer.ts';
import { readPackage } from './package.ts';
import type { Progress } from './progress.ts';
import { RateLimiter } from './rate-limiter.ts';

/** How to go about it. */
export interface SurveyOptions {
  /** How many packages at once. */
  readonly concurrency: number;
  /** Measures the files of a package, here or elsewhere. */
  readonly measurer: Measurer;
  /** How many packages may be begun in a second. */
  readonly rate: number;
  /** How many ms a package may take. */
  readonly timeout: number;
  /** Cancels the survey when it aborts. */
  readonly signal: AbortSignal;
  /** Records what runs when. */
  readonly recording?: Trace | undefined;
}

/** Surveys the folder of `findings`, which it fills. Fails if the folder cannot be read; a package that cannot is a row. */
export const survey = tamed((findings: Findings, progress: Progress, options: SurveyOptions) => {
  return AsyncScope.run(
    function* (services) {
      options.recording?.add(services); // And what is nested in it.
      const limiter = new RateLimiter(options.rate);
      services.start(limiter.generateTokens(), { service: true });

      const directories = yield* findPackages(findings.folder);
      findings.found = directories.length;
      progress.start(directories.length);
      try {
        yield* AsyncScope.run(
          (batch) => {
            // The progress is a subscriber, and no part of the survey. Every value is a row: see surveyPackage.
            batch.values$.subscribe((row) => progress.advance((row as Row).path));
            for (const directory of directories) {
              batch.start(surveyPackage(directory, findings, limiter, options));
            }
          },
          // The errorMode stays 'cancel': what packages do wrong is caught below, so an error here is one in this program.
          { concurrency: options.concurrency, name: 'packages' },
        );
      } finally {
        progress.stop();
      }
    },
    { signal: options.signal, name: 'survey' },
  );
});

/** Adds one row to the findings, whatever happens. */
const surveyPackage = tamed(function* surveyPackage(
  directory: string,
  findings: Findings,
  limiter: RateLimiter,
  { timeout, measurer }: SurveyOptions,
): Generator<never, Row> {
  yield* limiter.getToken();

  const path = relative(findings.folder, directory).replaceAll(sep, '/') || '.';
  const tally = { files: 0, bytes: 0, lines: 0 };
  const noting: Measurer = (paths) => measurer(paths).pipe(tap((measures) => findings.copies.add(measures)));
  let row: Row | undefined;
  try {
    // Its time is up only when the file it was reading has been closed.
    const manifest = yield* AsyncScope.run(() => readPackage(directory, tally, noting), { timeout });
    row = { outcome: 'surveyed', path, ...manifest, ...tally };
  } catch (error) {
    // Caught here, in the call: the others go on. A cancel is no error, and does not come by.
    row =
      error instanceof TimeoutError
        ? { outcome: 'cut off', path, reason: `took longer than ${timeout} ms`, ...tally }
        : { outcome: 'failed', path, error: messageOf(error, directory) };
  } finally {
    row ??= { outcome: 'cut off', path, reason: 'interrupted', ...tally };
    findings.rows.push(row);
  }
  return row;
});

/** With paths that begin at the package. */
function messageOf(error: unknown, directory: string): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replaceAll(directory + sep, '');
}
