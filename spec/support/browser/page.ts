// Runs in the page, before the specs: tells the runner what Jasmine does.
import '../time-limit.ts';
import '../clock.mjs';
import { plain, type Message, type Told } from '../told.ts';

/** What the runner tells the page. */
export interface Settings {
  readonly env: jasmine.Configuration;
  readonly filter: string;
}

interface Page {
  /** The value of the bundle. */
  specs?: unknown;
  /** Given by the runner. */
  tellRunner(message: Message): Promise<void>;
}

const page = globalThis as unknown as Page;
const env = jasmine.getEnv();

// As in Node: see spec/support/runner/worker.mjs.
Object.assign(page, {
  FinalizationRegistry: class {
    register(): void {}
    unregister(): void {}
  },
});

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
