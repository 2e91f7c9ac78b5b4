import type { Act, Code, Course, Plan } from './plan.ts';

interface Throw {
  readonly type: 'throw';
  readonly failure: string;
}

/** How the rest of a block is left: at its end, with a failure, or because the coroutine was cancelled. */
type Completion = Throw | { readonly type: 'normal' | 'return' };

/** A block that is being run; `last` is its finally block, `after` how a finally block goes on at its end. */
interface Block {
  readonly code: Code;
  next: number;
  readonly last?: Code;
  readonly after?: Completion;
}

interface Child {
  readonly path: readonly number[];
  readonly number: number;
  readonly blocks: Block[];
  state: 'queued' | 'running' | 'waiting' | 'ended';
  status: 'pending' | 'succeeded' | 'failed' | 'cancelled';
  outcome: string | undefined;
  at: number;
  started: number;
  awaited: boolean;
  readonly waiters: { readonly child: Child; readonly caught: boolean }[];
  /** Counts its waits: a timer or a result for which it waits no longer does not wake it. */
  wait: number;
  unwinding: boolean;
}

const NORMAL: Completion = { type: 'normal' };

/**
 * Predicts how a plan goes, by the words of the design alone: no promise, no RxJS, none of the library. Time is a list of
 * what is due; at one time there are those who are ready, and what waits until nobody is: the cancel for a failure.
 *
 * Returns nothing for a plan in which two things are due at the same time: which comes first is not promised.
 */
export function predict(plan: Plan): Course | undefined {
  return new Model(plan).run();
}

class Model {
  readonly #plan: Plan;
  #now = 0;
  readonly #due: { readonly at: number; readonly act: () => void }[] = [];
  #ready: (() => void)[] = [];
  #last: (() => void)[] = [];
  readonly #children: Child[] = [];
  readonly #queue: Child[] = [];
  #running = 0;
  #failing = 0;
  #cancelled = false;
  #closing = false;
  // Who was to be raised at the close: failures by their number, in the order in which they came.
  readonly #failures: string[] = [];
  #timedOut = false;
  #unawaited = false;
  #close: Course['close'];

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  run(): Course | undefined {
    const { children, closeAt, cancelAt, options } = this.#plan;
    this.#at(closeAt, () => this.#beginClosing());
    if (cancelAt !== undefined) {
      this.#at(cancelAt, () => this.#cancel());
    }
    if (options.timeout !== undefined) {
      this.#at(options.timeout, () => this.#timeOut());
    }
    children.forEach((code, index) => this.#inTurn(() => this.#start(code, [index])));
    let moment = NaN;
    for (let next = this.#nextDue(); next !== undefined; next = this.#nextDue()) {
      if (next.at === moment) {
        return undefined;
      }
      moment = next.at;
      this.#now = next.at;
      this.#inTurn(next.act);
    }
    return {
      children: this.#children.map(({ status, outcome, at }) => ({ status, outcome, at })),
      close: this.#close,
    };
  }

  #at(at: number, act: () => void): void {
    this.#due.push({ at, act });
  }

  #nextDue(): { readonly at: number; readonly act: () => void } | undefined {
    this.#due.sort((a, b) => a.at - b.at);
    return this.#due.shift();
  }

  /** Runs what happens at one time, until nobody is ready. What code does is over when it goes on: a turn within a turn. */
  #inTurn(act: () => void): void {
    const outer = { ready: this.#ready, last: this.#last };
    this.#ready = [];
    this.#last = [];
    act();
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      next();
    }
    this.#ready = outer.ready;
    this.#last = outer.last;
  }

  #next(): (() => void) | undefined {
    return this.#ready.shift() ?? this.#last.shift();
  }

  #start(code: Code, path: readonly number[]): void {
    const child: Child = {
      path,
      number: this.#children.length,
      blocks: [{ code, next: 0 }],
      state: 'queued',
      status: 'pending',
      outcome: undefined,
      at: this.#now,
      started: 0,
      awaited: false,
      waiters: [],
      wait: 0,
      unwinding: false,
    };
    this.#children.push(child);
    if (this.#cancelled || this.#failing > 0) {
      child.state = 'ended';
      child.status = 'cancelled';
    } else if (this.#queue.length > 0 || !this.#hasPlace()) {
      this.#queue.push(child);
    } else {
      this.#begin(child);
    }
  }

  #hasPlace(): boolean {
    return this.#failing === 0 && this.#running < (this.#plan.options.concurrency ?? Infinity);
  }

  /** After those who are ready already. */
  #begin(child: Child): void {
    this.#running++;
    child.state = 'waiting';
    const { wait } = child;
    this.#ready.push(() => {
      if (child.wait === wait) {
        this.#goOn(child, NORMAL);
      }
    });
  }

  #admit(): void {
    while (this.#queue.length > 0 && this.#hasPlace()) {
      this.#begin(this.#queue.shift() as Child); // Not empty.
    }
  }

  /** Lets a child run to where it waits next, or to its end. */
  #goOn(child: Child, completion: Completion): void {
    child.state = 'running';
    let left: Completion | undefined = completion;
    while (left !== undefined) {
      const block = child.blocks.at(-1);
      if (block === undefined) {
        this.#end(child, left);
        return;
      }
      left =
        left.type === 'normal' && block.next < block.code.length
          ? this.#act(child, block)
          : leave(child, left);
    }
    child.state = 'waiting';
  }

  /** The next act of a block; nothing if the child waits. */
  #act(child: Child, block: Block): Completion | undefined {
    const act = block.code[block.next++] as Act; // There is one.
    switch (act.do) {
      case 'sleep':
        return this.#sleep(child, act.ms);
      case 'throw':
        return { type: 'throw', failure: `of ${child.number}` };
      case 'cancel':
        this.#inTurn(() => this.#cancel());
        return NORMAL;
      case 'start':
        this.#inTurn(() => this.#start(act.code, [...child.path, child.started++]));
        return NORMAL;
      case 'await':
        return this.#await(child, act.of, act.caught);
      case 'try':
        child.blocks.push({ code: act.code, next: 0, last: act.last });
        return NORMAL;
    }
  }

  /** One that was cancelled while it ran unwinds where it would wait. */
  #unwindsHere(child: Child): boolean {
    const unwinds = child.status === 'cancelled' && !child.unwinding;
    child.unwinding ||= unwinds;
    return unwinds;
  }

  #sleep(child: Child, ms: number): Completion | undefined {
    if (this.#unwindsHere(child)) {
      return { type: 'return' };
    }
    const wait = ++child.wait;
    this.#at(this.#now + ms, () => {
      if (child.wait === wait) {
        this.#goOn(child, NORMAL);
      }
    });
    return undefined;
  }

  #await(child: Child, of: number, caught: boolean): Completion | undefined {
    const candidates = this.#children.filter(
      (each) => each.state !== 'queued' && mayAwait(child.path, each.path),
    );
    if (candidates.length === 0) {
      return NORMAL;
    }
    if (this.#unwindsHere(child)) {
      return { type: 'return' };
    }
    const awaited = candidates[candidates.length - 1 - (of % candidates.length)] as Child; // There is one.
    awaited.awaited = true;
    child.wait++;
    if (awaited.status !== 'pending') {
      return this.#told(child, awaited, caught);
    }
    awaited.waiters.push({ child, caught });
    return undefined;
  }

  #told(child: Child, { status, outcome }: Child, caught: boolean): Completion {
    if (status === 'cancelled' && child.status === 'pending') {
      return { type: 'throw', failure: REFUSED };
    }
    if (status !== 'failed') {
      return NORMAL;
    }
    this.#failures.splice(0, Infinity, ...this.#failures.filter((each) => each !== outcome));
    return caught ? NORMAL : { type: 'throw', failure: `in ${child.number} ${outcome}` };
  }

  #end(child: Child, completion: Completion): void {
    child.state = 'ended';
    child.wait++;
    if (completion.type === 'throw' && completion.failure === REFUSED && child.status === 'pending') {
      this.#cancel(); // It has noticed before the others, and is cancelled with them.
    }
    if (child.status === 'cancelled') {
      if (completion.type === 'throw' && completion.failure !== REFUSED) {
        this.#failures.push(completion.failure);
      }
    } else if (completion.type === 'throw') {
      this.#settle(child, 'failed', completion.failure);
      this.#failures.push(completion.failure);
      this.#childFailed();
    } else {
      this.#settle(child, 'succeeded', String(child.number));
    }
    this.#running--;
    this.#admit();
    this.#closeIfEmpty();
  }

  #settle(child: Child, status: Child['status'], outcome: string | undefined): void {
    Object.assign(child, { status, outcome, at: this.#now });
    for (const waiter of child.waiters) {
      const { wait } = waiter.child;
      this.#ready.push(() => {
        if (waiter.child.wait === wait) {
          this.#goOn(waiter.child, this.#told(waiter.child, child, waiter.caught));
        }
      });
    }
  }

  /** Those who were told come first, with all that they do; then the others are cancelled. Until then nothing is begun. */
  #childFailed(): void {
    if (this.#plan.options.errorMode === 'continue') {
      return;
    }
    this.#failing++;
    this.#last.push(() => {
      this.#cancel();
      this.#failing--;
      this.#admit();
    });
  }

  #cancel(): void {
    if (this.#cancelled || this.#close !== undefined) {
      return;
    }
    this.#cancelled = true;
    this.#queue.length = 0;
    const cut = this.#children.filter(({ status }) => status === 'pending');
    for (const child of cut) {
      child.status = 'cancelled';
      child.at = this.#now;
    }
    for (const child of cut) {
      if (child.state === 'waiting') {
        child.wait++;
        child.unwinding = true;
        this.#goOn(child, { type: 'return' });
      } else if (child.state === 'queued') {
        child.state = 'ended';
      }
    }
    this.#closeIfEmpty();
  }

  #timeOut(): void {
    if (!this.#cancelled && this.#close === undefined) {
      this.#timedOut = this.#children.some(({ status }) => status === 'pending');
      this.#cancel();
    }
  }

  #beginClosing(): void {
    const { exitMode } = this.#plan.options;
    this.#closing = true;
    if (exitMode === 'raise' && !this.#cancelled) {
      this.#unawaited = this.#children.some(({ awaited }) => !awaited);
    }
    if (exitMode !== 'wait') {
      this.#cancel();
    }
    this.#closeIfEmpty();
  }

  /** When nobody is ready any more: a failure may be on its way to somebody who waits for it. */
  #closeIfEmpty(): void {
    this.#last.push(() => {
      if (
        this.#closing &&
        this.#close === undefined &&
        this.#children.every(({ state }) => state === 'ended')
      ) {
        this.#close = { at: this.#now, raised: this.#raised(), errors: [...this.#failures] };
      }
    });
  }

  #raised(): string {
    if (this.#failures.length > 0) {
      return this.#timedOut ? 'ScopeError because of TimeoutError' : 'ScopeError';
    }
    if (this.#timedOut) {
      return 'TimeoutError';
    }
    return this.#unawaited ? 'AwaitError' : 'nothing';
  }
}

/** What is thrown at one who waits for a child that was refused, since another's failure is about to cancel the scope. */
const REFUSED = 'refused';

/** Leaves the innermost block, for its finally block, if it has one: whatever that throws takes the place of what was thrown. */
function leave(child: Child, completion: Completion): Completion {
  const block = child.blocks.pop();
  if (block?.last !== undefined) {
    child.blocks.push({ code: block.last, next: 0, after: completion });
    return NORMAL;
  }
  return completion.type === 'normal' && block?.after !== undefined ? block.after : completion;
}

/** Nobody awaits what may wait for him: only what he has started, and what those before him have started. */
export function mayAwait(path: readonly number[], other: readonly number[]): boolean {
  const at = other.findIndex((each, index) => each !== path[index]);
  return at !== -1 && (at >= path.length || (other[at] as number) < (path[at] as number));
}
