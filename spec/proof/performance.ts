import { asyncScheduler, type TimeoutError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import {
  AsyncScope,
  CancelledError,
  ScopeError,
  sleep,
  tamed,
  type DelayedResult,
  type ScopeEvent,
} from '../../src/index.ts';
import { mayAwait } from './model.ts';
import type { Act, Code, Course, End, Plan } from './plan.ts';

interface Started {
  readonly path: readonly number[];
  /** Its number in the scope; none if that was cancelled before. */
  readonly id: number | undefined;
  readonly at: number;
  readonly result: DelayedResult<string>;
}

/** Lets the library do what a plan says. Each child is a generator function in JavaScript, as somebody would write it. */
export function perform(plan: Plan): Course {
  let course: Course | undefined;
  new TestScheduler(() => undefined).run(({ flush }) => {
    const performance = new Performance(plan);
    flush();
    course = performance.course();
  });
  return course as unknown as Course; // Assigned in there.
}

/** What the code of a child can call. */
interface Stage {
  sleep: typeof sleep;
  fail(): Error;
  cancel(): void;
  start(code: Code): void;
  /** The result to wait for; nothing if there is none. */
  result(of: number): DelayedResult<string> | undefined;
  /** What to throw when the one awaited has failed. */
  relay(error: unknown): unknown;
}

class Performance {
  readonly #scope: AsyncScope;
  readonly #started: Started[] = [];
  readonly #events: ScopeEvent[] = [];
  #close: Course['close'];

  constructor({ options, children, closeAt, cancelAt }: Plan) {
    const { concurrency, timeout, ...modes } = options;
    this.#scope = new AsyncScope({ ...modes, concurrency, timeout, cleanupTimeout: Infinity });
    this.#scope.events$.subscribe((event) => this.#events.push(event));
    asyncScheduler.schedule(() => this.#closeScope(), closeAt);
    if (cancelAt !== undefined) {
      asyncScheduler.schedule(() => this.#scope.cancel(), cancelAt);
    }
    children.forEach((code, index) => this.#start(code, [index]));
  }

  course(): Course {
    return { children: this.#started.map((each) => this.#endOf(each)), close: this.#close };
  }

  #start(code: Code, path: readonly number[]): void {
    const number = this.#started.length;
    const body = functionOf(code, number);
    const at = asyncScheduler.now();
    const id = this.#scope.cancelled
      ? undefined
      : this.#started.filter((each) => each.id !== undefined).length + 1;
    const place = { path, number, started: 0 };
    // In the list before it begins: it may look at it at once.
    const started = { path, id, at, result: undefined as unknown as Started['result'] };
    this.#started.push(started);
    Object.assign(started, { result: this.#scope.start(tamed(() => body(this.#stageOf(place)))()) });
  }

  #stageOf(place: { readonly path: readonly number[]; readonly number: number; started: number }): Stage {
    const { path, number } = place;
    return {
      sleep,
      fail: () => new Error(`of ${number}`),
      cancel: () => this.#scope.cancel(),
      start: (code) => this.#start(code, [...path, place.started++]),
      result: (of) => this.#awaitable(path, of),
      relay: (error) =>
        error instanceof CancelledError ? error : new Error(`in ${number} ${messageOf(error)}`),
    };
  }

  #awaitable(path: readonly number[], of: number): DelayedResult<string> | undefined {
    const queued = new Set(
      this.#scope.children.filter(({ state }) => state === 'queued').map(({ id }) => id),
    );
    const candidates = this.#started.filter(
      (each) => !(each.id !== undefined && queued.has(each.id)) && mayAwait(path, each.path),
    );
    return candidates[candidates.length - 1 - (of % candidates.length)]?.result;
  }

  #closeScope(): void {
    const ended = (raised: string, errors: readonly string[] = []): void => {
      this.#close = { at: asyncScheduler.now(), raised, errors };
    };
    this.#scope.close().subscribe({
      complete: () => ended('nothing'),
      error: (error: Error) => {
        const because = error.cause === undefined ? '' : ` because of ${(error.cause as TimeoutError).name}`;
        ended(`${error.name}${because}`, error instanceof ScopeError ? error.errors.map(messageOf) : []);
      },
    });
  }

  #endOf({ id, at, result }: Started): End {
    const end = this.#events.find(
      (event) => event.id === id && ['complete', 'error', 'cancel'].includes(event.type),
    );
    return { status: result.status, outcome: outcomeOf(result), at: end?.time ?? at };
  }
}

function outcomeOf(result: DelayedResult<string>): string | undefined {
  if (result.status === 'succeeded') {
    return result.value;
  }
  if (result.status !== 'failed') {
    return undefined;
  }
  let failure: unknown;
  result.subscribe({ error: (error: unknown) => (failure = error) });
  return messageOf(failure);
}

function messageOf(error: unknown): string {
  return (error as Error).message;
}

/** The generator function of a piece of code. */
function functionOf(code: Code, number: number): (stage: Stage) => Generator<never, string> {
  const codes: Code[] = [];
  const source = `const { sleep, fail, cancel, start, result, relay } = stage; ${sourceOf(code, codes)} return '${number}';`;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- what a generator does at return() depends on its text
  const make = new Function('codes', `return function* (stage) { ${source} }`) as (
    codes: Code[],
  ) => ReturnType<typeof functionOf>;
  return make(codes);
}

function sourceOf(code: Code, codes: Code[]): string {
  return code.map((act) => actSource(act, codes)).join('\n');
}

function actSource(act: Act, codes: Code[]): string {
  switch (act.do) {
    case 'sleep':
      return `yield* sleep(${act.ms});`;
    case 'throw':
      return `throw fail();`;
    case 'cancel':
      return `cancel();`;
    case 'start':
      return `start(codes[${codes.push(act.code) - 1}]);`;
    case 'await':
      return `{ const awaited = result(${act.of});
        try { if (awaited !== undefined) yield* awaited; }
        catch (error) { ${act.caught ? "if (error.name === 'CancelledError') throw error;" : 'throw relay(error);'} } }`;
    case 'try':
      return `try { ${sourceOf(act.code, codes)} } finally { ${sourceOf(act.last, codes)} }`;
  }
}
