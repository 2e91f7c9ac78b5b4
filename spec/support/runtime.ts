/* What specs need of the runtime, and what they share where each runtime has its own. */

interface Need {
  /** Whether it is there. */
  readonly here: boolean;
  /** Why some specs say nothing where it is not. */
  readonly reason: string;
}

interface Jasmine {
  it(sentence: string, test: () => unknown, timeoutMs?: number): void;
  describe(circumstance: string, specs: () => void): void;
}

const inNode = (globalThis as { process?: unknown }).process !== undefined;
const onWindows = inNode && process.platform === 'win32';
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
  Object.entries(needs).map(([name, need]) => [name, need.here ? { it, describe } : withReason(need)]),
) as Record<keyof typeof needs, Jasmine>;

function withReason({ reason }: Need): Jasmine {
  const says = (sentence: string): void => {
    it(sentence, () => notApplicable(reason));
  };
  return { it: says, describe: says };
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
