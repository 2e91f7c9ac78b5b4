import { asyncScheduler, type Observable } from 'rxjs';
import {
  AsyncScope,
  CancelledError,
  cleanup,
  ScopeClosedError,
  sleep,
  tamed,
  type StartOptions,
  type TamedCall,
} from '../../src/index.ts';
import { onlyWhere } from '../support/runtime.ts';
import { resource, rows, settled, type Worker } from './jobs.ts';
import type { ChildRecord, Journal, Progress, ScopeRecord } from './journal.ts';
import { under } from './operators.ts';
import type { Code, ScopeOptions, Step, Style } from './program.ts';
import { EMIT, functionOf, wait, type Logic, type Waited } from './styles.ts';

/** Where a piece of code runs. */
export interface Place {
  readonly path: readonly number[];
  readonly progress: Progress;
  /** The scopes around it, from the innermost. */
  readonly scopes: readonly ScopeRecord[];
  /** Those that must not close before it has ended. */
  readonly owners: readonly ScopeRecord[];
  /** The store in which it was started; undefined where an operator has subscribed it. */
  readonly store?: string | undefined;
}

interface Here extends Place {
  readonly style: Style;
  readonly name: string;
  /** It stands in a finally block. */
  readonly cleaningUp?: boolean;
  /** It is the body of a run. */
  readonly body?: boolean;
}

type Of<T extends Step['type']> = Extract<Step, { type: T }>;

/** Runs the code of a program, as a user would have written it, and keeps the journal. */
export class Interpreter {
  readonly #journal: Journal;
  readonly #names: ReadonlyMap<Code, string>;
  #stores = 0;

  constructor(journal: Journal, names: ReadonlyMap<Code, string>) {
    this.#journal = journal;
    this.#names = names;
  }

  /** Starts a child in `scope`: code of `path`, with `scopes` around. */
  start(
    scope: ScopeRecord,
    code: Code,
    path: readonly number[],
    scopes: readonly ScopeRecord[],
    options: StartOptions = {},
  ): void {
    const name = this.#nameOf(code);
    const service = options.service === true;
    const progress: Progress = { scope, outer: scope.outer, service, begun: false, started: 0, waiting: 0 };
    const store = `store of ${name}, ${++this.#stores}`;
    const place: Place = { path, progress, scopes, owners: scope.owners, store };
    this.#journal.write(`start ${name} in ${scope.name}`);
    let id = scope.scope.cancelled || scope.scope.closed ? undefined : scope.progress.push(progress);
    try {
      const result = inStore(store, () => scope.scope.start(this.call(code, place), options));
      if (result.status === 'cancelled' && !scope.events.some((event) => event.id === id)) {
        // Refused, between a failure and the cancel that it causes.
        if (id !== undefined) {
          scope.progress.pop();
        }
        id = undefined;
      }
      this.#journal.children.push({ name, path, scope, id, code, progress, result });
    } catch (error) {
      if (!(error instanceof ScopeClosedError && scope.scope.closed && !scope.scope.cancelled)) {
        this.#journal.violated(`start() throws ${String((error as Error).stack)}`);
      }
    }
  }

  /** The call of a piece of code, under its operators. */
  call(code: Code, place: Place): TamedCall<unknown> {
    const name = this.#nameOf(code);
    const unknown = { ...place, store: undefined };
    const here = { ...(code.operators.length === 0 ? place : unknown), style: code.style, name, body: false };
    const fn = functionOf(code.style, () => this.#code(code, here));
    Object.defineProperty(fn, 'name', { value: name });
    const plain = tamed(fn)();
    if (code.operators.length === 0) {
      return plain;
    }
    return tamed.from(
      code.operators.reduce<Observable<unknown>>(
        (call, operator) =>
          under(operator, call, this.#journal, `by ${operator.name} of ${name}`, (each) =>
            this.call(each, unknown),
          ),
        plain,
      ),
    );
  }

  /** `AsyncScope.run` of a piece of code. */
  run(body: Code, options: ScopeOptions, around: Place, signal?: AbortSignal): TamedCall<unknown> {
    const name = this.#nameOf(body);
    const fn = functionOf(body.style, (scope: AsyncScope) => {
      const record = this.#journal.addScope(
        { scope, options, path: around.path, outer: around.progress },
        around.owners,
      );
      const scopes = [record, ...around.scopes];
      return this.#code(body, {
        ...around,
        scopes,
        owners: record.owners,
        style: body.style,
        name,
        body: true,
      });
    });
    return AsyncScope.run(fn, signal === undefined ? options : { ...options, signal });
  }

  #nameOf(code: Code): string {
    return this.#names.get(code) ?? '?';
  }

  *#code(code: Code, here: Here): Logic {
    const passage = this.#journal.passage(`the code of ${here.name}`);
    here.progress.begun = true;
    this.#journal.write(`${here.name} begins`);
    try {
      return (yield* this.#steps(code.steps, here)) ?? here.name;
    } finally {
      passage.entered++;
      this.#journal.write(`${here.name} ends`);
      this.#check(here);
      passage.left++;
    }
  }

  /**
   * Runs a block. If `return()` ends that, it returns what was given there. Not for nothing: where a finally block waits,
   * the generators around go on behind their `yield*` in JavaScript. What is one function here is to be left as one.
   */
  *#steps(steps: readonly Step[], here: Here): Logic {
    for (const step of steps) {
      this.#check(here);
      const exit = yield* this.#step(step, here);
      this.#check(here);
      if (exit !== undefined) {
        return exit;
      }
      if (here.style === 'async generator' && !here.cleaningUp) {
        yield EMIT; // Not in a finally block, which would end here with the generator.
      }
    }
    return undefined;
  }

  #check(here: Here): void {
    const closed = here.owners.find(({ scope }) => scope.closed);
    if (closed !== undefined) {
      this.#journal.violated(`${here.name} runs though ${closed.name} has closed`);
    }
    if (here.store !== undefined && storage !== undefined && storage.getStore() !== here.store) {
      this.#journal.violated(`${here.name} runs in the ${storage.getStore() ?? 'store of nobody'}`);
    }
  }

  *#step(step: Step, here: Here): Logic {
    switch (step.type) {
      case 'sleep':
        yield* this.#wait(sleep(step.ms), here);
        return undefined;
      case 'throw':
        throw this.#journal.failure(here.name);
      case 'start':
        this.#start(step, here);
        return undefined;
      case 'cleanup':
        yield* this.#cleanup(step, here);
        return undefined;
      case 'await':
        yield* this.#await(step, here);
        return undefined;
      case 'call':
        yield* this.#wait(this.call(step.code, here), here);
        return undefined;
      case 'all':
        yield* this.#wait(tamed.all(step.codes.map((code) => this.call(code, here))), here);
        return undefined;
      case 'settled':
        yield* this.#wait(settled(step, this.#worker(here)), here);
        return undefined;
      case 'rows':
        yield* this.#wait(rows(step, this.#worker(here)), here);
        return undefined;
      case 'acquire':
        yield* this.#wait(resource(step, this.#worker(here)), here);
        return undefined;
      case 'try':
        return yield* this.#try(step, here);
      case 'catch':
        return yield* this.#catch(step, here);
      case 'cancel':
        this.#journal.write(`${here.name} cancels ${nth(here.scopes, step.level).name}`);
        nth(here.scopes, step.level).scope.cancel();
        return undefined;
      case 'run':
        yield* this.#wait(this.run(step.body, step.options, here), here);
        return undefined;
      case 'scope':
        return yield* this.#scope(step, here);
    }
  }

  #worker(here: Here): Worker {
    return {
      name: here.name,
      journal: this.#journal,
      check: () => this.#check(here),
      // Resources of the body of a run are released when its scope has closed.
      checkRelease: () => this.#check(here.body === true ? { ...here, owners: here.owners.slice(1) } : here),
      callOf: (code) => this.call(code, here),
    };
  }

  #start({ level, code, service, abortAfter }: Of<'start'>, here: Here): void {
    const path = [...here.path, ++here.progress.started];
    const controller = new AbortController();
    const signal = abortAfter === undefined ? {} : { signal: controller.signal };
    this.start(nth(here.scopes, level), code, path, here.scopes, { service, ...signal });
    if (abortAfter !== undefined) {
      asyncScheduler.schedule(() => controller.abort(), abortAfter);
    }
  }

  /** No cancel cuts it off. */
  *#cleanup(step: Of<'cleanup'>, here: Here): Generator<unknown, void> {
    const result = cleanup(this.call(step.code, here));
    try {
      yield* this.#wait(result, here);
    } finally {
      if (result.status === 'pending') {
        this.#journal.violated(`${here.name} goes on before its cleanup has ended`);
      }
    }
  }

  #wait(waited: Waited, here: Here): Iterable<unknown, unknown> {
    return wait(here.style, waited);
  }

  *#await(step: Of<'await'>, here: Here): Generator<unknown, void> {
    const candidates = this.#journal.children.filter((each) => mayAwait(here, each)).reverse();
    if (candidates.length === 0) {
      return;
    }
    const child = nth(candidates, step.result);
    this.#journal.write(`${here.name} awaits ${child.name}`);
    const waiter = holderOfPlace(here.progress, child.scope);
    if (waiter !== undefined) {
      waiter.waiting++;
    }
    try {
      yield* this.#wait(child.result, here);
    } catch (error) {
      if (error instanceof CancelledError) {
        throw error;
      }
      this.#journal.seen(error, child.scope.scope.closed ? 'delivered late' : 'delivered', `to ${here.name}`);
      if (!step.caught) {
        throw this.#journal.failure(here.name, { cause: error });
      }
    } finally {
      if (waiter !== undefined) {
        waiter.waiting--;
      }
    }
  }

  *#try(step: Of<'try'>, here: Here): Logic {
    const passage = this.#journal.passage(`a try of ${here.name}`);
    const last = (): Logic => {
      passage.entered++;
      return this.#steps(step.finally, { ...here, cleaningUp: true });
    };
    return yield* this.#finally(here, this.#steps(step.steps, here), last, () => passage.left++);
  }

  *#finally(here: Here, body: Logic, last: () => Logic, left: () => void): Logic {
    let thrown: { error: unknown } | undefined;
    try {
      return yield* body;
    } catch (error) {
      thrown = { error };
      throw error;
    } finally {
      let through = false;
      try {
        const exit = yield* last();
        through = exit === undefined;
        if (exit !== undefined) {
          return exit;
        }
      } finally {
        left();
        if (!through && thrown !== undefined) {
          // So it is in JavaScript: what ends a finally block early replaces what was thrown.
          this.#journal.seen(thrown.error, 'caught', `and replaced in ${here.name}`);
        }
      }
    }
  }

  *#catch(step: Of<'catch'>, here: Here): Logic {
    try {
      return yield* this.#steps(step.steps, here);
    } catch (error) {
      if (error instanceof CancelledError && !step.cancels) {
        throw error;
      }
      this.#journal.seen(error, 'caught', `in ${here.name}`);
      return undefined;
    }
  }

  *#scope(step: Of<'scope'>, here: Here): Logic {
    const { options } = step;
    const own = step.owner === 'code' || step.owner === 'call';
    const parent = own ? undefined : nth(here.scopes, step.level);
    const closed = parent?.scope.closed === true && !parent.scope.cancelled;
    let scope: AsyncScope;
    try {
      scope = new AsyncScope(parent === undefined ? options : { ...options, parent: parent.scope });
    } catch (error) {
      if (closed && error instanceof ScopeClosedError) {
        return undefined;
      }
      throw error;
    }
    const owners = parent === undefined ? here.owners : parent.owners;
    const record = this.#journal.addScope(
      {
        scope,
        options,
        path: here.path,
        outer: parent === undefined ? here.progress : parent.outer,
      },
      owners,
    );
    const inside = this.#steps(step.steps, { ...here, scopes: [record, ...here.scopes] });
    if (step.owner === 'call' || (step.owner === 'parent' && parent?.scope.closed === false)) {
      return yield* inside;
    }
    return yield* this.#finally(
      here,
      inside,
      () => this.#close(record, here),
      () => undefined,
    );
  }

  *#close(record: ScopeRecord, here: Here): Logic {
    this.#journal.write(`${here.name} closes ${record.name}`);
    yield* this.#wait(record.scope.close(), here);
    return undefined;
  }
}

/**
 * Nobody awaits what may wait for him: only what he started, and what those before him started. So no program
 * deadlocks by itself.
 */
function mayAwait(here: Here, child: ChildRecord): boolean {
  const at = child.path.findIndex((each, index) => each !== here.path[index]);
  if (at === -1) {
    return false; // Itself, or one in which it runs.
  }
  const later = at < here.path.length && (child.path[at] as number) > (here.path[at] as number);
  return !later && (child.result.status !== 'pending' || !holdsForeignPlace(here, child));
}

/** A child gives up its place for a queued one of its own scope alone: so none waits for another scope with a limit. */
function holdsForeignPlace(here: Here, { scope, progress }: ChildRecord): boolean {
  if (samePath(scope.path, here.path)) {
    return false; // Of a scope that it made.
  }
  const around = scopesAround(here.progress);
  const common = around.indexOf(scope);
  const inner = common === -1 ? [...around, ...scopesAround(progress)] : around.slice(0, common);
  return inner.some(({ options }) => options.concurrency !== undefined);
}

function scopesAround(progress: Progress | undefined): ScopeRecord[] {
  return progress?.scope === undefined ? [] : [progress.scope, ...scopesAround(progress.outer)];
}

/** The child of `scope` in which code runs: under a limit, it is the one that gives up its place. */
function holderOfPlace(progress: Progress | undefined, scope: ScopeRecord): Progress | undefined {
  return progress === undefined || progress.scope === scope ? progress : holderOfPlace(progress.outer, scope);
}

function samePath(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index]);
}

function nth<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T; // Never empty.
}

interface Storage {
  run<R>(store: string, fn: () => R): R;
  getStore(): string | undefined;
}

const storage = onlyWhere.contextIsCarried.here
  ? (new (process.getBuiltinModule('node:async_hooks').AsyncLocalStorage)() as Storage)
  : undefined;

function inStore<R>(store: string, fn: () => R): R {
  return storage === undefined ? fn() : storage.run(store, fn);
}
