import { BlockingError } from './errors.ts';

/** What of Node is used here, where there is Node. */
interface NodeProcess {
  readonly versions?: { readonly node?: string; readonly bun?: string; readonly deno?: string };
  getBuiltinModule?(id: 'node:module'): { createRequire(from: string): (id: string) => unknown };
  /** Runs what waits in `process.nextTick` and the microtasks; there in every Node, though nowhere documented. */
  // eslint-disable-next-line @typescript-eslint/naming-convention -- Node's name
  _tickCallback?(): void;
}

/** The addon: a tick, and then one turn of the event loop, asleep in the kernel while there is nothing to do. */
interface Addon {
  runLoopOnce(): void;
}

type Host = typeof globalThis & { readonly process?: NodeProcess };

const ADDON = '@se-oss/deasync';

let addon: { readonly loaded?: Addon; readonly error?: unknown } | undefined;
// A callback, or a tick, of a turn is on the stack.
let turning = false;

/** Whether a `block()` is turning the event loop just now, so that what runs is run by it. */
export function isTurning(): boolean {
  return turning;
}

/** Why the event loop may not be turned here; undefined if it may. To be asked before anything is begun. */
export function obstacle(): BlockingError | undefined {
  const { process } = globalThis as Host;
  if (process?.versions?.node === undefined || process.versions.bun !== undefined || process.versions.deno) {
    return new BlockingError(NO_LOOP);
  }
  if (turning) {
    return new BlockingError(NESTED);
  }
  addon ??= load(process);
  if (addon.loaded === undefined || process._tickCallback === undefined) {
    return new BlockingError(NO_ADDON, { cause: addon.error });
  }
  if (inMicrotask()) {
    return new BlockingError(MICROTASK);
  }
  return obstacleOnStack();
}

/** Not an import: the core works without the addon, which is loaded when it is first needed. */
function load(process: NodeProcess): { readonly loaded?: Addon; readonly error?: unknown } {
  try {
    const require = process.getBuiltinModule?.('node:module').createRequire(import.meta.url);
    return { loaded: require?.(ADDON) as Addon }; // Of which runLoopOnce is all that is used.
  } catch (error) {
    return { error };
  }
}

/** V8 runs no microtask inside another one. So one that does not run though it is its turn tells where this is. */
function inMicrotask(): boolean {
  let ran = false;
  void Promise.resolve().then(() => {
    ran = true;
  });
  tick();
  return !ran;
}

interface Frame {
  getFileName(): string | null;
  getFunctionName(): string | null;
}

/** The places where Node cannot be re-entered are told by its own functions on the stack, which nothing can hide. */
function obstacleOnStack(): BlockingError | undefined {
  if (isOnStack(/^node:internal\/timers processImmediate$/)) {
    return new BlockingError(IMMEDIATE);
  }
  return isOnStack(/^node:_http_\w+ (?:parserOn|onParser)/) ? new BlockingError(PARSER) : undefined;
}

function isOnStack(pattern: RegExp): boolean {
  return frames().some((frame) => pattern.test(`${frame.getFileName()} ${frame.getFunctionName()}`));
}

interface Tracing {
  stackTraceLimit: number;
  prepareStackTrace: unknown;
}

/** The whole stack, raw: an ordinary one is cut off, and may be mapped to sources. */
function frames(): readonly Frame[] {
  const tracing = Error as unknown as Tracing; // V8's part of it, which the browser's types do not know.
  const { stackTraceLimit, prepareStackTrace } = tracing;
  tracing.stackTraceLimit = Infinity;
  tracing.prepareStackTrace = (_error: Error, sites: readonly Frame[]) => sites;
  const stack: unknown = new Error().stack;
  tracing.stackTraceLimit = stackTraceLimit;
  tracing.prepareStackTrace = prepareStackTrace;
  return stack as readonly Frame[]; // So says the line above.
}

/**
 * Turns the event loop until `over()` says so. After every turn, with the loop at rest, `work()` runs what has come to its
 * turn, and says whether there was anything: such code may block by itself. Returns a `BlockingError` when nothing is left in
 * the loop that could go on.
 */
export function turnUntil(work: () => boolean, over: () => boolean): BlockingError | undefined {
  const inTimer = isOnStack(/^node:internal\/timers listOnTimeout$/);
  const fresh = inTimer ? armTimers(() => {}) : [];
  try {
    let idle = 0;
    let turns = loopCount();
    for (;;) {
      do {
        tick();
      } while (work());
      if (over()) {
        return undefined;
      }
      if (idle === IDLE_TURNS) {
        return new BlockingError(DEADLOCK);
      }
      turn();
      const before = turns;
      turns = loopCount();
      idle = turns === before ? idle + 1 : 0;
      if (idle > 0 && inTimer) {
        runTimers();
        turns = loopCount();
      }
    }
  } finally {
    fresh.forEach(clearTimeout);
  }
}

/** A loop that is not alive does not turn at all. Twice, since the tick after the first time may have begun something. */
const IDLE_TURNS = 2;

function loopCount(): number {
  const { nodeTiming } = performance as { nodeTiming?: { uvMetricsInfo?: { loopCount: number } } };
  return nodeTiming?.uvMetricsInfo?.loopCount ?? NaN; // In Node since 20.18.
}

/**
 * Node has one timer in its event loop for all of a program's. While a callback runs it is not armed for those that are
 * pending: only a timer that is the first of its duration arms it, and when that has fired, all is as ever. The durations
 * whose timers are just being run seem to have none, and do not count: so two.
 */
function armTimers(fired: () => void): ReturnType<typeof setTimeout>[] {
  const timers: ReturnType<typeof setTimeout>[] = [];
  let first = 0;
  for (let ms = 1; first < 2 && ms < 50; ms++) {
    const timer = setTimeout(fired, ms);
    timers.push(timer);
    first += Number(isAlone(timer));
  }
  return timers;
}

/** By the list that Node keeps of the timers of one duration; should it change, it looks alone, and is one of the first two. */
function isAlone(timer: unknown): boolean {
  const { _idleNext: next, _idlePrev: previous } = timer as Record<string, unknown>; // An object, in Node.
  return next === previous;
}

/**
 * Nor does that one timer keep the loop alive there, once it has been run without another one being pending. So the loop is
 * kept alive by something else until it has been run again, which puts that right.
 */
function runTimers(): void {
  keeper ??= new MessageChannel().port1;
  let ran = false;
  const fresh = armTimers(() => {
    ran = true;
  });
  keeper.ref?.();
  do {
    turn();
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by the timers
  } while (!ran);
  keeper.unref?.();
  fresh.forEach(clearTimeout);
}

// Kept for the next time: a port that is closed takes a turn of the loop for that, which looks like life.
let keeper: (MessagePort & { ref?(): void; unref?(): void }) | undefined;

function tick(): void {
  run(() => {
    (globalThis as Host).process?._tickCallback?.();
  });
}

function turn(): void {
  run(() => {
    addon?.loaded?.runLoopOnce();
  });
}

/** What a callback throws comes out here, where Node would have called it uncaught: so it is thrown again by a timer. */
function run(callbacks: () => void): void {
  turning = true;
  try {
    callbacks();
  } catch (error) {
    throwUncaught(error);
  } finally {
    turning = false;
  }
}

/** Lets an error that belongs to nobody here become an uncaught exception, as if its callback had been called by Node. */
export function throwUncaught(error: unknown): void {
  setTimeout(() => {
    throw error;
  });
}

const NO_LOOP =
  'Cannot block here: the call does not settle synchronously, and only Node lets its event loop be turned. ' +
  'Use "await", or a coroutine whose leaves all have a "sync".';
const NESTED =
  'Cannot block while another block() turns the event loop: that one could not return before this one. ' +
  'Use "await" or "yield*" here.';
const NO_ADDON =
  `Cannot block: the addon that turns the event loop of Node cannot be loaded. Install it: npm install ${ADDON}. ` +
  'Or use "await".';
const MICROTASK =
  'Cannot block inside a microtask: after an "await", in a promise callback, or at the top level of an ES module. ' +
  'Use "await" here, run this code in synchronous(fn), or start the program with "node -r async-tamer/register".';
const IMMEDIATE =
  'Cannot block in a setImmediate() callback, where the event loop of Node cannot be re-entered. ' +
  'Use setTimeout() in its place, or "await" here.';
const PARSER =
  'Cannot block while Node parses an HTTP message, of which the rest could then not be read. ' +
  'Use "await" here; block() is for scripts, tools and tests, not for servers.';
const DEADLOCK =
  'Cannot block any longer (deadlock): nothing is left in the event loop that could settle what is waited for. ' +
  'The usual causes are fake timers, an unreferenced timer or handle, and a promise that nobody resolves.';
