import { takeLast, tap } from 'rxjs';

import { acquire, allSettled, concurrently, sleep, tamed, type TamedCall } from '../../src/index.ts';
import type { Journal } from './journal.ts';
import type { Code, Step } from './program.ts';

/** The code that has a job to do. */
export interface Worker {
  readonly name: string;
  readonly journal: Journal;
  /** To be called wherever its code runs. */
  check(): void;
  /** To be called where its resources are released. */
  checkRelease(): void;
  callOf(code: Code): TamedCall<unknown>;
}

type Of<T extends Step['type']> = Extract<Step, { type: T }>;

/** A call for each row, so many at once. Its source has to be left in any case, if it was begun. */
export function rows({ codes, places, ordered, late }: Of<'rows'>, worker: Worker): TamedCall<unknown> {
  const source = late ? readLate(codes, worker) : read(codes, worker);
  return concurrently(source, (code) => worker.callOf(code), { concurrency: places, ordered });
}

function* read(codes: readonly Code[], { name, journal, check }: Worker): Generator<Code, void> {
  const passage = journal.passage(`the source of ${name}`);
  try {
    for (const code of codes) {
      check();
      yield code;
    }
  } finally {
    passage.entered++;
    check();
    passage.left++;
  }
}

async function* readLate(
  codes: readonly Code[],
  { name, journal, check }: Worker,
): AsyncGenerator<Code, void> {
  const passage = journal.passage(`the late source of ${name}`);
  try {
    for (const code of codes) {
      check();
      yield code;
      await sleep(1);
    }
  } finally {
    passage.entered++;
    try {
      await sleep(1); // If the cancel comes just here, it is interrupted.
    } finally {
      check();
      passage.left++;
    }
  }
}

/** The outcomes of all: a failure among them is caught there, whoever looks at it. */
export function settled({ codes }: Of<'settled'>, { name, journal, callOf }: Worker): TamedCall<unknown> {
  const calls = codes.map((code) =>
    callOf(code).pipe(tap({ error: (error: unknown) => journal.seen(error, 'caught', `by ${name}`) })),
  );
  return allSettled(calls);
}

/** A resource. What has been acquired has to be released once, while the scopes around are open. */
export function resource({ code, ms }: Of<'acquire'>, worker: Worker): TamedCall<unknown> {
  const { name, journal, checkRelease, callOf } = worker;
  let passage: ReturnType<Journal['passage']> | undefined;
  const source = callOf(code).pipe(
    takeLast(1),
    tap(() => (passage = journal.passage(`the resource of ${name}`))),
  );
  const release = tamed(function* () {
    if (passage !== undefined) {
      passage.entered++;
      checkRelease();
      yield* sleep(ms);
      checkRelease();
      passage.left++;
    }
  });
  return acquire(source, release);
}
