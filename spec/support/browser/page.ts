// Runs in the page, before the specs: tells the runner what Jasmine does.
import '../time-limit.ts';
import '../clock.cjs';
import { plain, type Message, type Told } from '../told.ts';

/** What the runner tells the page. */
export interface Settings {
  readonly env: jasmine.Configuration;
  readonly filter: string;
}

interface Page {
  /** The value of the bundle. */
  specs?: unknown;
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

// What is sent leaves the page at once, also if a spec then hangs, for a tenth of what it costs to call a function of the runner.
const runner = new WebSocket(location.href.replace(/^http/, 'ws'));
const connected = new Promise((resolve, reject) => {
  runner.addEventListener('open', resolve);
  runner.addEventListener('error', () => reject(new Error('The runner cannot be reached.')));
});
const tell = (method: Message['method'], told: Told): void =>
  runner.send(JSON.stringify({ method, argument: plain(told) }));
env.addReporter({
  suiteStarted: (suite) => tell('suiteStarted', suite),
  specStarted: (spec) => tell('specStarted', spec),
  specDone: (spec) => tell('specDone', spec),
  suiteDone: (suite) => tell('suiteDone', suite),
  jasmineDone: async (run) => {
    const heard = new Promise((resolve) => runner.addEventListener('message', resolve));
    tell('jasmineDone', run);
    await heard; // So all is told.
  },
});

/** Called by the runner, when the bundle has been evaluated, or has failed to be. Fulfils when all specs have ended. */
export async function start(settings: Settings): Promise<void> {
  await page.specs;
  await connected;
  const filter = new RegExp(settings.filter);
  env.configure({ ...settings.env, specFilter: (spec) => filter.test(spec.getFullName()) });
  await env.execute();
}
