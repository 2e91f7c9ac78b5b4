/* What specs need of the runtime, and what they share where each runtime has its own. */

interface Need {
  /** Whether it is there. */
  readonly here: boolean;
  /** Why some specs say nothing where it is not. */
  readonly reason: string;
}

interface Jasmine {
  /** Whether it is there. */
  readonly here: boolean;
  it(sentence: string, test: () => unknown, timeoutMs?: number): void;
  describe(circumstance: string, specs: () => void): void;
}

const inNode = (globalThis as { process?: unknown }).process !== undefined;
const onWindows = inNode && process.platform === 'win32';

/** Variables for specs: those of the process; in a browser, those that its runner hands over. */
export const environment: Readonly<Record<string, string | undefined>> = inNode
  ? process.env
  : ((globalThis as { environment?: Record<string, string> }).environment ?? {});

/** The command that runs specs here. */
export const specsCommand = inNode ? 'npm run specs' : 'npm run specs:browser';

const needs = {
  contextIsCarried: {
    here: inNode,
    reason: 'after an "await", a browser does not know the current call: see spec/browser/context.spec.ts',
  },
  loopCanBeTurned: {
    here: inNode,
    reason: 'the event loop of a page cannot be turned: see spec/browser/blocking.spec.ts',
  },
  signalsAreHeard: {
    here: inNode && !onWindows,
    reason: 'on Windows, a signal that another program sends ends a process, which does not hear of it',
  },
  filesArePosix: {
    here: inNode && !onWindows,
    reason: 'Windows has no named pipes among its files, and links to files need a privilege there',
  },
  nodeIsThere: { here: inNode, reason: 'it is about Node itself' },
};

/** `it` and `describe` for what can be promised only where the runtime has something; elsewhere the output says why not. */
export const onlyWhere = Object.fromEntries(
  Object.entries(needs).map(([name, need]) => [
    name,
    need.here ? { here: true, it, describe } : withReason(need),
  ]),
) as Record<keyof typeof needs, Jasmine>;

function withReason({ reason }: Need): Jasmine {
  const says = (sentence: string): void => {
    it(sentence, () => notApplicable(reason));
  };
  return { here: false, it: says, describe: says };
}

/** Fulfils in a macrotask of its own, the next one: a timer may take some ms in a browser. */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    if (inNode) {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** What is rejected and handled by nobody while `test` runs, and a macrotask longer. */
export async function unhandledRejections(test: () => unknown): Promise<unknown[]> {
  const reasons: unknown[] = [];
  const hear = (reason: unknown): void => void reasons.push(reason);
  const hearEvent = ({ reason }: PromiseRejectionEvent): void => hear(reason);
  if (inNode) {
    process.on('unhandledRejection', hear);
  } else {
    addEventListener('unhandledrejection', hearEvent);
  }
  try {
    await test();
    await new Promise((resolve) => setTimeout(resolve, 1));
  } finally {
    if (inNode) {
      process.off('unhandledRejection', hear);
    } else {
      removeEventListener('unhandledrejection', hearEvent);
    }
  }
  return reasons;
}

/** What listens to the abort of a signal from here on. */
export function listenersOf(signal: AbortSignal): ReadonlySet<unknown> {
  const listeners = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (type: string, listener: EventListener, options?: AddEventListenerOptions) => {
    listeners.add(listener);
    add(type, listener, options);
    if (options?.once === true) {
      add(type, () => listeners.delete(listener), { once: true });
    }
  };
  signal.removeEventListener = (type: string, listener: EventListener) => {
    listeners.delete(listener);
    remove(type, listener);
  };
  return listeners;
}

interface Timers extends Disposable {
  /** How many are set, and have neither fired nor been cleared. */
  pending(): number;
}

/** Node knows its timers; in a browser those count that are set from here on. */
export function countTimers(): Timers {
  if (inNode) {
    const pending = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    return { pending, [Symbol.dispose]: () => {} };
  }
  const pending = new Set<unknown>();
  const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  const counted = {
    setTimeout: (fn: () => void, ms?: number): unknown => {
      const timer = setTimeout(() => {
        pending.delete(timer);
        fn();
      }, ms);
      pending.add(timer);
      return timer;
    },
    setInterval: (fn: () => void, ms?: number): unknown => {
      const timer = setInterval(fn, ms);
      pending.add(timer);
      return timer;
    },
    clearTimeout: (timer: number) => {
      pending.delete(timer);
      clearTimeout(timer);
    },
    clearInterval: (timer: number) => {
      pending.delete(timer);
      clearInterval(timer);
    },
  };
  Object.assign(globalThis, counted);
  return {
    pending: () => pending.size,
    [Symbol.dispose]: () =>
      Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval }),
  };
}
