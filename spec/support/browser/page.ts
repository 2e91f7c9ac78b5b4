// Runs in the page, before the specs: tells the runner what Jasmine does.
import '../time-limit.ts';

/** What the runner tells the page. */
export interface Settings {
  readonly env: jasmine.Configuration;
  readonly filter: string;
}

/** What the page tells the runner: the method of a reporter, and its argument. */
export interface Message {
  readonly method: 'suiteStarted' | 'specStarted' | 'specDone' | 'suiteDone' | 'jasmineDone';
  readonly argument: unknown;
}

interface Page {
  /** The value of the bundle. */
  specs?: unknown;
  /** Given by the runner. */
  tellRunner(message: Message): Promise<void>;
}

const page = globalThis as unknown as Page;
const env = jasmine.getEnv();

// As in Node: see spec/support/jasmine.mjs.
Object.assign(page, {
  FinalizationRegistry: class {
    register(): void {}
    unregister(): void {}
  },
});

type Told = Partial<
  Pick<jasmine.SpecResult, 'description' | 'fullName' | 'status' | 'duration' | 'debugLogs'>
> &
  Partial<Pick<jasmine.SpecResult, 'pendingReason' | 'notApplicableReason'>> &
  Partial<Pick<jasmine.JasmineDoneInfo, 'overallStatus' | 'incompleteReason' | 'order'>> & {
    readonly failedExpectations?: readonly { readonly message: string; readonly stack?: string }[];
  };

/** What a reporter prints. The rest may hold anything, and cannot leave the page. */
function plain(told: Told): object {
  const { description, fullName, status, duration, pendingReason, notApplicableReason, debugLogs } = told;
  const { overallStatus, incompleteReason, order } = told;
  return {
    ...{ description, fullName, status, duration, pendingReason, notApplicableReason, debugLogs },
    ...{ overallStatus, incompleteReason, order: order && { random: order.random, seed: order.seed } },
    failedExpectations: (told.failedExpectations ?? []).map(({ message, stack }) => ({ message, stack })),
  };
}

const tell = (method: Message['method'], told: Told): Promise<void> =>
  page.tellRunner({ method, argument: plain(told) });
env.addReporter({
  suiteStarted: (suite) => void tell('suiteStarted', suite),
  specStarted: (spec) => void tell('specStarted', spec),
  specDone: (spec) => void tell('specDone', spec),
  suiteDone: (suite) => void tell('suiteDone', suite),
  jasmineDone: (run) => tell('jasmineDone', run), // Waits until all is told.
});

/** Called by the runner, when the bundle has been evaluated, or has failed to be. Fulfils when all specs have ended. */
export async function start(settings: Settings): Promise<void> {
  await page.specs;
  const filter = new RegExp(settings.filter);
  env.configure({ ...settings.env, specFilter: (spec) => filter.test(spec.getFullName()) });
  await env.execute();
}
