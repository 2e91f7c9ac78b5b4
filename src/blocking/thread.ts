import { node } from './node.ts';

// How a thread ends while it blocks.
//
// `worker.terminate()`, the end of the process and the end of its memory end a thread from outside. Node then tells V8 to stop the
// code of the thread, and libuv to stop its event loop. V8 obeys, and unwinds the stack. But a block() turns the loop inside a
// callback of the same loop, and libuv stops only the innermost turn. So the loop below goes on, with no code that it could run, for as
// long as something keeps it alive. It must be told a second time, by `process.reallyExit`, and there are two chances to do so:
//
//   - The thread slept. V8 stops its code at the next call of a JavaScript function, so what comes before that still runs. See
//     `runLoop`.
//   - Code of the thread ran in that turn. Then V8 has stopped it, and unwinds the stack at once. Node runs no code in the thread from
//     then on. But V8 does: it tells a hook when a promise has settled, also the one of a waiter that is out of time. See `settled`.

let thread: boolean | undefined;

/** Whether this is a worker thread. */
export function isThread(): boolean {
  thread ??= node?.getBuiltinModule?.('node:worker_threads').isMainThread === false;
  return thread;
}

/** The addon. It runs a tick and then one turn of the event loop, which sleeps in the kernel while there is nothing to do. */
export interface Addon {
  runLoopOnce(): void;
}

/** Turns the event loop once. Ends this thread if it was told to end while it slept. */
export function runLoop(addon: Addon): void {
  if (!isThread()) {
    addon.runLoopOnce();
    return;
  }
  const { evaluate, script, args } = (pulse ??= findPulse());
  const { reallyExit } = node ?? {};
  const { apply } = Reflect;
  const self = node;
  // From here on no function of JavaScript may be called, not even that of a getter.
  addon.runLoopOnce();
  if (evaluate !== undefined && apply(evaluate, script, args) !== ALIVE && reallyExit !== undefined) {
    apply(reallyExit, self, exitCode);
  }
}

/** The exit code of this thread, as an argument: 1 if it is ended from outside. */
const exitCode: [unknown] = [1];

function exits(code: unknown): void {
  exitCode[0] = node?.exitCode ?? code;
}

/** Goes no further if this thread is being ended: Node has stopped its code once, but cannot stop what the addon returns to. */
export function endWithThread(): void {
  if (node?._exiting === true && isThread()) {
    node.reallyExit?.(node.exitCode);
  }
}

// A thread that Node is ending evaluates no script: instead of the value of the script there is none. The method of a script is
// JavaScript, so what it calls is taken, with the arguments that it gives.
interface Pulse {
  readonly evaluate?: Evaluate;
  readonly script: object;
  readonly args: readonly unknown[];
}

type Evaluate = (this: unknown, ...args: unknown[]) => unknown;

const ALIVE = 1;

let pulse: Pulse | undefined;

function findPulse(): Pulse {
  const { Script } = node?.getBuiltinModule?.('node:vm') ?? {};
  if (Script === undefined) {
    return { script: {}, args: [] };
  }
  const script = new Script(String(ALIVE));
  const methods = Object.getPrototypeOf(Script.prototype) as { runInContext?: Evaluate };
  const { runInContext: evaluate } = methods;
  let args: readonly unknown[] = [];
  try {
    methods.runInContext = (...given) => {
      args = given;
    };
    script.runInThisContext();
  } finally {
    Object.assign(methods, { runInContext: evaluate });
  }
  const works = evaluate !== undefined && args.length > 0 && Reflect.apply(evaluate, script, args) === ALIVE;
  return { ...(works ? { evaluate } : undefined), script, args };
}

/** `Atomics.waitAsync`, which is younger than the types. */
interface Waiting {
  waitAsync?(cells: Int32Array, index: number, value: number, ms: number): { readonly value: unknown };
}

/** How often the hook looks whether this thread is being ended, in ms. */
const BEAT = 250;
/**
 * A waiter that is out of time while V8 unwinds the stack tells nobody. That happens if the last callback has run for long. So
 * there are more of them, each with twice the time of the one before, and all are replaced at each beat.
 */
const WAITERS = 10;

let cells: Int32Array | undefined;
// The promises of the waiters.
const waiters = new Set<unknown>();
let blocks = false;
let stopHook: (() => void) | undefined;

/** A `block()` begins. If this is a thread, it is watched for its end from now on. */
export function watchThread(): void {
  if (!isThread()) {
    return;
  }
  blocks = true;
  node?.on?.('exit', exits);
  if (stopHook === undefined) {
    stopHook = node?.getBuiltinModule?.('node:v8').promiseHooks?.onSettled(settled);
    beat();
  }
}

/** No `block()` turns the event loop here any more. The hook stays until the next beat: another one may begin soon. */
export function unwatchThread(): void {
  if (isThread()) {
    blocks = false;
    node?.removeListener?.('exit', exits);
  }
}

/** The waiters do not keep the event loop alive. */
function beat(): void {
  cells ??= new Int32Array(new SharedArrayBuffer(WAITERS * Int32Array.BYTES_PER_ELEMENT));
  waiters.clear();
  for (let i = 0; i < WAITERS; i++) {
    Atomics.notify(cells, i);
    if (blocks) {
      waiters.add((Atomics as Waiting).waitAsync?.(cells, i, 0, BEAT * 2 ** i).value);
    }
  }
}

function settled(promise: unknown): void {
  if (!waiters.has(promise)) {
    return;
  }
  const { evaluate, script, args } = (pulse ??= findPulse());
  if (evaluate !== undefined && Reflect.apply(evaluate, script, args) !== ALIVE) {
    node?.reallyExit?.(...exitCode);
  }
  if (!blocks) {
    stopHook?.();
    stopHook = undefined;
  }
  beat();
}
