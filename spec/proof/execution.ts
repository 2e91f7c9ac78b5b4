import { asyncScheduler, config, type Subscription } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { AsyncScope } from '../../src/index.ts';
import { countTimers, macrotask } from '../support/runtime.ts';
import { Interpreter } from './interpreter.ts';
import { violations } from './invariants.ts';
import { Journal, leaves, type Failure, type ScopeRecord } from './journal.ts';
import { namesOf } from './print.ts';
import type { Intervention, Program } from './program.ts';

/** How a program went. */
export interface Outcome {
  readonly violations: string[];
  readonly log: string[];
}

/** Runs a program on virtual time. */
export async function runVirtually(program: Program): Promise<Outcome> {
  const [outcome] = await watched([program], ([execution]) => {
    new TestScheduler(() => undefined).run(({ flush }) => {
      execution?.begin();
      flush();
    });
  });
  // V8 keeps all that a weak reference was made for until a macrotask ends; many programs would fill the heap with it.
  await macrotask();
  return outcome as Outcome;
}

/** Runs programs in real time, all of them at once. */
export function runReally(programs: readonly Program[]): Promise<Outcome[]> {
  return watched(programs, (executions) => executions.forEach((execution) => execution.begin()));
}

async function watched(
  programs: readonly Program[],
  begin: (executions: Outside[]) => void,
): Promise<Outcome[]> {
  const journals = programs.map(() => new Journal());
  const executions = programs.map((program, index) => new Outside(program, journals[index] as Journal));
  const { onUnhandledError } = config;
  config.onUnhandledError = (error) => raisedToNobody(error, journals);
  using timers = countTimers();
  const before = timers.pending();
  try {
    begin(executions);
    await until(() => executions.every(({ over }) => over) && timers.pending() <= before);
  } finally {
    config.onUnhandledError = onUnhandledError;
  }
  if (timers.pending() > before && executions.every(({ over }) => over)) {
    journals[0]?.violated(`${timers.pending() - before} timers are left`);
  }
  return journals.map((journal) => ({ violations: violations(journal), log: journal.log }));
}

/** Each failure belongs to one program; what is none of theirs is anybody's. */
function raisedToNobody(error: unknown, journals: readonly Journal[]): void {
  for (const leaf of leaves(error)) {
    const journal = journals.find(({ failures }) => failures.has(leaf as Failure)) ?? journals[0];
    journal?.seen(leaf, 'raised', 'to nobody');
  }
}

/** What is left of a program, when it is over, is reported within a few macrotasks; one that hangs is over never. */
async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < PATIENCE && !condition(); turn++) {
    await (turn < AT_ONCE ? macrotask() : new Promise((resolve) => setTimeout(resolve)));
  }
}

const AT_ONCE = 3;
const PATIENCE = 500;

/** Does what a program wants done from outside. */
class Outside {
  readonly #program: Program;
  readonly #journal: Journal;
  readonly #interpreter: Interpreter;
  readonly #controller = new AbortController();
  readonly #subscriptions: Subscription[] = [];
  #pending = 1;
  #started = 1e3;
  readonly #seen = new Set<unknown>();

  constructor(program: Program, journal: Journal) {
    this.#program = program;
    this.#journal = journal;
    this.#interpreter = new Interpreter(journal, namesOf(program));
  }

  get over(): boolean {
    return this.#pending === 0 && this.#journal.scopes.every(({ ended }) => ended);
  }

  begin(): void {
    const { form, outside } = this.#program;
    if (form === 'run') {
      this.#run();
    } else {
      this.#scope();
    }
    const [root] = this.#journal.scopes;
    if (root !== undefined) {
      this.#program.others.forEach((each) => this.#interpreter.start(root, each, [++this.#started], [root]));
    }
    for (const each of outside) {
      this.#at(each.at, () => this.#intervene(each));
    }
  }

  #at(ms: number, action: () => void): void {
    this.#pending++;
    asyncScheduler.schedule(() => {
      this.#pending--;
      action();
    }, ms);
  }

  #run(): void {
    const progress = { scope: undefined, outer: undefined, begun: false, started: 0, waiting: 0 };
    const place = { path: [], progress, scopes: [], owners: [] };
    const { code, root } = this.#program;
    const ended = (): void => {
      this.#pending--;
      this.#journal.write('the run has ended');
    };
    const subscription = this.#interpreter.run(code, root, place, this.#controller.signal).subscribe({
      error: (error) => {
        this.#journal.seen(error, 'raised', 'by the run');
        ended();
      },
      complete: ended,
    });
    if (this.#pending > 0) {
      this.#subscriptions.push(subscription);
    }
  }

  #scope(): void {
    const { code, root, closeAt } = this.#program;
    const scope = new AsyncScope({ ...root, signal: this.#controller.signal });
    const record = this.#journal.addScope({ scope, options: root, path: [], outer: undefined }, []);
    this.#interpreter.start(record, code, [1], [record]);
    this.#at(closeAt, () => {
      this.#journal.write('close');
      const ended = (): void => {
        this.#pending--;
        this.#journal.write('the close has ended');
      };
      scope.close().subscribe({
        error: (error) => {
          this.#raised(error, 'by close()');
          ended();
        },
        complete: ended,
      });
    });
  }

  /** Both `close()` and `shutdown()` end with the same error. */
  #raised(error: unknown, where: string): void {
    if (!this.#seen.has(error)) {
      this.#seen.add(error);
      this.#journal.seen(error, 'raised', where);
    }
  }

  #intervene(intervention: Intervention): void {
    const [root] = this.#journal.scopes;
    this.#journal.write(intervention.type);
    switch (intervention.type) {
      case 'start':
        if (root !== undefined) {
          this.#interpreter.start(root, intervention.code, [++this.#started], [root]);
        }
        break;
      case 'cancel':
        root?.scope.cancel();
        break;
      case 'abort':
        this.#controller.abort();
        break;
      case 'unsubscribe':
        this.#unsubscribe();
        break;
      case 'shutdown':
        if (this.#program.form === 'scope') {
          root?.scope
            .shutdown({ timeout: intervention.timeout })
            .subscribe({ error: (error) => this.#raised(error, 'by shutdown()') });
        }
        break;
      case 'await':
        this.#await(intervention.result);
        break;
    }
  }

  #unsubscribe(): void {
    if (this.#program.form === 'run' && this.#subscriptions[0]?.closed === false) {
      this.#pending--;
    }
    this.#subscriptions.splice(0).forEach((each) => each.unsubscribe());
  }

  #await(index: number): void {
    const { children } = this.#journal;
    const child = children[index % children.length];
    if (child === undefined) {
      return;
    }
    this.#subscriptions.push(
      child.result.subscribe({
        error: (error) => this.#journal.seen(error, late(child.scope), 'to the outside'),
      }),
    );
  }
}

function late({ scope }: ScopeRecord): 'delivered' | 'delivered late' {
  return scope.closed ? 'delivered late' : 'delivered';
}
