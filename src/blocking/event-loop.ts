import { currentResource } from '../execution/context.ts';
import { BlockingError } from '../execution/errors.ts';
import { signals } from '../execution/lazy-signal.ts';
import { isInClosedHandle, isInParentPort, keepingHandles } from './handles.ts';
import { node, timers, type NodePort, type NodeTimer } from './node.ts';
import { ADDON, isTurning, loadAddon, tick, turn, watching } from './turn.ts';

export { isTurning, throwUncaught } from './turn.ts';

// Node takes the eleventh listener of a signal for a leak, and says so. Set here, since bundlers for browsers drop this file.
signals.prepare = (signal) => node?.getBuiltinModule?.('node:events').setMaxListeners?.(0, signal);

/** Why the event loop may not be turned here; undefined if it may. To be asked before anything is begun. */
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
  const stack = stackOfFunctions();
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
/** A timer's callback, or that of an exception, which may be that of a timer. */
const IN_TIMER = /^node:internal\/(?:timers listOnTimeout$|process\/execution )/m;
/** The main module, evaluated while no callback is on the stack; in a thread it is that of a message, but none can close it. */
const IN_MAIN = /^node:internal\/main\//m;
const IN_MESSAGE = /^node:internal\/per_context\/messageport /m;

/** A line for each: its file and its name. */
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
  const stack = stackOfFunctions();
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

/** The one whose callback this is, if that counts among those that keep the loop alive: not while it waits itself. */
function runningTimer(): NodeTimer | undefined {
  const resource = currentResource() as Partial<NodeTimer> | undefined;
  return resource?._idlePrev !== undefined && resource.hasRef?.() === true
    ? (resource as NodeTimer)
    : undefined;
}

/** A loop that is not alive does not turn at all. Twice, since the tick after the first time may have begun something. */
const IDLE_TURNS = 2;

// Of this very moment: see timers.
const clock = node?.getBuiltinModule?.('node:perf_hooks').performance as LoopClock | undefined;

interface LoopClock {
  readonly nodeTiming?: { readonly uvMetricsInfo?: { readonly loopCount: number } };
}

function loopCount(): number {
  return clock?.nodeTiming?.uvMetricsInfo?.loopCount ?? 0; // In Node since 20.18; without it, any wait is a deadlock.
}

/**
 * Node has one timer in its event loop for all of a program's. While a callback runs it is not armed for those that are
 * pending: only a timer that is the first of its duration arms it, and when that has fired, all is as ever. The durations
 * whose timers are just being run seem to have none, and do not count: so two.
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
    fresh.splice(0).forEach(disarm); // Fake ones, of which nothing is to be waited for.
  }
  return fresh;
}

function disarm(timer: NodeTimer): void {
  timers?.clearTimeout(timer);
}

/** By the list that Node keeps of the timers of one duration. */
function isAlone({ _idleNext: next, _idlePrev: previous }: NodeTimer): boolean {
  return next !== undefined && next === previous;
}

/**
 * Nor does that one timer keep the loop alive there, once it has been run without another one being pending. So the loop is
 * kept alive by something else until it has been run again, which puts that right.
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

// Kept for the next time: a port that is closed takes a turn of the loop for that, which looks like life.
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
  'The usual causes are fake timers, an unreferenced timer or handle, and a promise that nobody resolves.';
