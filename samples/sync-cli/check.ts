import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { catchError, map, of, retry, throwError, timeout, timer, type Observable } from 'rxjs';
import { abortSignal, AsyncScope, tamed, type DelayedResult } from 'async-tamer';

import type { Link } from './links.ts';
import type { Options } from './options.ts';

/** What became of a link. */
export interface Verdict {
  readonly link: Link;
  readonly state: 'fine' | 'broken' | 'not checked';
  readonly problem: string;
}

/** Checks every link, each address once, and returns when all that was asked has answered or been cut off. */
export function check(links: readonly Link[], options: Options): Verdict[] {
  const results = new Map<string, DelayedResult<string>>();
  {
    using scope = new AsyncScope({ concurrency: options.concurrency, signal: interruption() });
    for (const { target } of links.filter(isRemote)) {
      if (!results.has(target)) {
        results.set(target, scope.start(problemOf(target, options)));
      }
    }
  } // waits here, with the loop turning: timers, sockets and signals go on
  return links.map((link) => (isRemote(link) ? answered(link, results.get(link.target)) : onDisk(link)));
}

/** Aborts at the first Ctrl-C. At the second, Node ends the program at once, as ever. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  return controller.signal;
}

function isRemote({ target }: Link): boolean {
  return /^https?:/.test(target);
}

function answered(link: Link, result: DelayedResult<string> | undefined): Verdict {
  return result?.status === 'succeeded'
    ? verdict(link, result.value)
    : { link, state: 'not checked', problem: 'interrupted' };
}

function onDisk(link: Link): Verdict {
  const path = link.target.replace(/[?#].*/, '');
  const elsewhere = path === '' || /^[a-z][\w+.-]*:/i.test(path); // In this very file, or no file at all: mailto: and so on.
  return verdict(link, elsewhere ? '' : problemOfFile(path, link.file === '-' ? '.' : dirname(link.file)));
}

function problemOfFile(path: string, from: string): string {
  try {
    return existsSync(resolve(from, decodeURI(path))) ? '' : 'no such file';
  } catch {
    return 'no address: a "%" in it is not followed by the code of a character'; // What decodeURI() refuses.
  }
}

function verdict(link: Link, problem: string): Verdict {
  return { link, state: problem === '' ? 'fine' : 'broken', problem };
}

class StatusError extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(`${status} ${text}`.trim());
    this.status = status;
  }
}

/** The one function here that waits. Cancelled, it closes its connection. */
const ask = tamed(async (url: string) => {
  const response = await fetch(url, { signal: abortSignal() });
  await response.body?.cancel();
  if (!response.ok) {
    throw new StatusError(response.status, response.statusText);
  }
});

/** Emits what is wrong with an address, '' if nothing is. A server in trouble is asked again. */
function problemOf(url: string, { timeoutMs, retries }: Options): Observable<string> {
  return ask(url).pipe(
    timeout(timeoutMs),
    retry({
      count: retries,
      delay: (error: unknown, times) =>
        error instanceof StatusError && error.status < 500 ? throwError(() => error) : timer(times * 50),
    }),
    map(() => ''),
    catchError((error: unknown) => of(reasonOf(error, timeoutMs))),
  );
}

function reasonOf(error: unknown, ms: number): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') {
    return `no answer in ${ms} ms`;
  }
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : message;
}
