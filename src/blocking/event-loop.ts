import { currentResource } from '../execution/context.ts';
import { BlockingError } from '../execution/errors.ts';
import { signals } from '../execution/lazy-signal.ts';
import { isInClosedHandle, isInParentPort, keepingHandles } from './handles.ts';
import { node, timers, type NodePort, type NodeTimer } from './node.ts';
import { tick } from './tick.ts';
import { ADDON, loadAddon, turn, watching } from './turn.ts';
import { isTurning } from './uncaught.ts';

export { isTurning, throwUncaught } from './uncaught.ts';

// Node warns of a leak at the eleventh listener of a signal. The limit is lifted here, since bundlers for browsers drop this
// file.
signals.prepare = (signal) => {
  try {
    node?.getBuiltinModule?.('node:events').setMaxListeners?.(0, signal);
  } catch {
    // One that is not Node's: jsdom has its own, of which nothing warns.
  }
};

/** Why the event loop may not be turned here; undefined if it may. `block()` asks this before it begins anything. */
export function obstacle(): BlockingError | undefined {
  if (node === undefined) {
    return new BlockingError(NO_LOOP);
  }
  if (isTurning()) {
    return new BlockingError(NESTED);
  }
  const { loaded, error } = loadAddon();
  if (!loaded) {
    return new BlockingError(NO_ADDON, { cause: error });
  }
  if (node._exiting === true) {
    return new BlockingError(EXITING);
  }
  return inMicrotask() ? new BlockingError(MICROTASK) : obstacleOnStack();
}

/** V8 runs no microtask inside another one. So if a microtask does not run when it is its turn, this code runs inside one. */
function inMicrotask(): boolean {
  let ran = false;
  void Promise.resolve().then(() => {
    ran = true;
  });
  tick();
  return !ran;
}

// The stack that was searched last. What is below a block() does not change between the search and the first turn.
let searched: string | undefined;

/** Finds the places where Node cannot be re-entered. Node's own functions on the stack show them, and no code can hide these. */
function obstacleOnStack(): BlockingError | undefined {
  const stack = stackOfFunctions();
  searched = stack;
  if (IN_IMMEDIATE.test(stack)) {
    return new BlockingError(IMMEDIATE);
  }
  if (isInClosedHandle()) {
    return new BlockingError(CLOSED);
  }
  if (IN_MESSAGE.test(stack) && !IN_MAIN.test(stack) && !isInParentPort()) {
    return new BlockingError(MESSAGE);
  }
  return IN_PARSER.test(stack) ? new BlockingError(PARSER) : undefined;
}

const IN_IMMEDIATE = /^node:internal\/timers processImmediate$/m;
const IN_PARSER = /^node:_http_\w+ (?:parserOn|onParser)/m;
/** The callback of a timer, or of an exception, which may come from a timer. */
const IN_TIMER = /^node:internal\/(?:timers listOnTimeout$|process\/execution )/m;
/**
 * The main module, which is evaluated while no callback is on the stack. In a thread its stack has the callback of a message,
 * but no code can close that port.
 */
const IN_MAIN = /^node:internal\/main\//m;
const IN_MESSAGE = /^node:internal\/per_context\/messageport /m;

/** The functions on the stack, one line each: file and name. */
function stackOfFunctions(): string {
  return frames()
    .map((frame) => `${frame.getFileName()} ${frame.getFunctionName()}`)
    .join('\n');
}

interface Frame {
  getFileName(): string | null;
  getFunctionName(): string | null;
}

interface Tracing {
  stackTraceLimit: number;
  prepareStackTrace: unknown;
}

/** The whole stack, as V8 has it: `stack` as it comes is cut off, and may be mapped to sources. */
function frames(): readonly Frame[] {
  const tracing = Error as unknown as Tracing; // V8's part of `Error`, unknown to the browser's types.
  const { stackTraceLimit, prepareStackTrace } = tracing;
  tracing.stackTraceLimit = Infinity;
  tracing.prepareStackTrace = (_error: Error, sites: readonly Frame[]) => sites;
  const stack: unknown = new Error().stack;
  tracing.stackTraceLimit = stackTraceLimit;
  tracing.prepareStackTrace = prepareStackTrace;
  return stack as readonly Frame[]; // `prepareStackTrace` returns that.
}

/**
 * Turns the event loop until `over()` returns true. After every turn, with the loop at rest, `work()` runs the code whose turn
 * has come, and returns whether there was any; such code may block in turn. Returns a `BlockingError` when nothing is left in
 * the loop that could go on.
 */
export function turnUntil(work: () => boolean, over: () => boolean): BlockingError | undefined {
  const stack = searched ?? stackOfFunctions(); // To take the whole stack costs more than a turn.
  searched = undefined;
  const inTimer = IN_TIMER.test(stack);
  const turns = (): BlockingError | undefined => turnWhileAlive(work, over, inTimer);
  const fresh = inTimer ? armTimers(() => {}) : [];
  const running = inTimer ? runningTimer() : undefined;
  running?.unref();
  try {
    return watching(() => (inTimer || IN_MAIN.test(stack) ? turns() : keepingHandles(turns)));
  } finally {
    running?.ref();
    fresh.forEach(disarm);
  }
}

function turnWhileAlive(
  work: () => boolean,
  over: () => boolean,
  inTimer: boolean,
): BlockingError | undefined {
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
}

/** The timer whose callback is running, if it keeps the loop alive. It must not: it would wait for itself. */
function runningTimer(): NodeTimer | undefined {
  const resource: Partial<NodeTimer> | undefined = currentResource();
  return resource?._idlePrev !== undefined && resource.hasRef?.() === true
    ? (resource as NodeTimer)
    : undefined;
}

/** A loop that is not alive does not turn. It is tried twice, since the tick after the first time may have started something. */
const IDLE_TURNS = 2;

// Taken when this file is loaded, as `timers` in node.ts.
const clock = node?.getBuiltinModule?.('node:perf_hooks').performance as LoopClock | undefined;

interface LoopClock {
  readonly nodeTiming?: { readonly uvMetricsInfo?: { readonly loopCount: number } };
}

function loopCount(): number {
  return clock?.nodeTiming?.uvMetricsInfo?.loopCount ?? 0; // Node has it since 20.18; without it, any wait is a deadlock.
}

/**
 * Makes timers, so that Node's event loop runs those that are pending. Node has one timer in its loop for all timers of a
 * program. While a callback of it runs, that one timer is not armed for the pending ones. Only a new timer that is the first of
 * its duration arms it; when that has fired, everything is as before. A duration whose timers are being run at this moment
 * seems to have none, but a timer of it does not arm the loop. So two such timers are made.
 */
function armTimers(fired: () => void): NodeTimer[] {
  const fresh: NodeTimer[] = [];
  let first = 0;
  for (let ms = 1; timers !== undefined && first < 2 && ms < 1000; ms++) {
    const timer = timers.setTimeout(fired, ms);
    fresh.push(timer);
    first += Number(isAlone(timer));
  }
  if (first === 0) {
    fresh.splice(0).forEach(disarm); // They are fake timers, so waiting for them is no use.
  }
  return fresh;
}

function disarm(timer: NodeTimer): void {
  timers?.clearTimeout(timer);
}

/** Whether the timer is alone in the list that Node keeps of the timers of one duration. */
function isAlone({ _idleNext: next, _idlePrev: previous }: NodeTimer): boolean {
  return next !== undefined && next === previous;
}

/**
 * Runs the timers once. The one timer of the loop does not keep it alive, either, after it has run while no other timer was
 * pending. So a port keeps the loop alive until it has run again, which puts that right.
 */
function runTimers(): void {
  keeper ??=
    node?.getBuiltinModule && new (node.getBuiltinModule('node:worker_threads').MessageChannel)().port1;
  let ran = false;
  const fresh = armTimers(() => {
    ran = true;
  });
  keeper?.ref();
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by the timers
  while (!ran && fresh.length > 0) {
    turn();
  }
  keeper?.unref();
  fresh.forEach(disarm);
}

// Kept for the next time: closing a port takes a turn of the loop, which looks like a loop that is alive.
let keeper: NodePort | undefined;

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
const EXITING =
  'Cannot block while the process exits: its event loop has come to an end. ' +
  'Block before that: at the end of the program, or in a "beforeExit" listener.';
const MESSAGE =
  'Cannot block where a message of another thread or port arrives, since the port could be closed under it. ' +
  'Use setTimeout() there, or "await".';
const CLOSED =
  'Cannot block in a callback of what has just been closed, such as a child process that has exited. ' +
  'Use setTimeout() there, or "await".';
const PARSER =
  'Cannot block while Node parses an HTTP message, of which the rest could then not be read. ' +
  'Use "await" here; block() is for scripts, tools and tests, not for servers.';
const DEADLOCK =
  'Cannot block any longer (deadlock): nothing is left in the event loop that could settle what is waited for. ' +
  'The usual causes are fake timers, an unreferenced timer or handle, and a promise that is never resolved.';
