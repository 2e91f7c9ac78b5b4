import {
  chromium,
  type Browser,
  type BrowserContext,
  type ConsoleMessage,
  type Locator,
  type Page,
} from 'playwright-core';

import { findChromium } from '../../support/browser/chromium.ts';
import { limits } from '../../support/limits.ts';
import { buildSample } from './build.ts';
import { ServerSide } from './server-side.ts';

/** Somebody with a browser, and the server that they visit: for one spec. */
export interface Visitor {
  /** A desktop's, unless the spec makes it another. */
  readonly page: Page;
  readonly serverSide: ServerSide;
  /** Opens a path, and waits until its page is there. */
  visit(path: string): Promise<void>;
  /** The same, while the clock of the page stands still, but for what `tickUntil` lets it tick. */
  visitStopped(path: string): Promise<void>;
  /** What the panel shows of the children that are in that state, such as `cleaning up`. */
  children(state: string): ReturnType<Page['locator']>;
  /**
   * How many requests the page has sent whose method and path match. What it no longer waits for, the server may not have seen
   * yet.
   */
  asked(which: RegExp): number;
}

/** Specs of the sample, in a browser, with a server of their own for each. None of them may make the browser complain. */
export function describeSample(subject: string, specs: (visitor: () => Visitor) => void): void {
  describe(`The Angular sample, ${subject}`, () => {
    let browser: Browser;
    let context: BrowserContext;
    let visitor: Visitor;
    let complaints: string[];

    beforeAll(async () => {
      await buildSample();
      browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
    }, 610_000);

    afterAll(async () => {
      await browser.close();
    });

    beforeEach(async () => {
      context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      context.setDefaultTimeout(limits.process);
      const page = await context.newPage();
      complaints = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (isComplaint(message)) {
          complaints.push(message.text());
        }
      });
      visitor = visitorOf(page, await ServerSide.start());
    });

    afterEach(async () => {
      await context.close();
      await visitor.serverSide.server.close();
      expect(complaints).toEqual([]);
    });

    specs(() => visitor);
  });
}

/** In ms, on the clock of a page. It ticks until it is stopped, so it is stopped at a time that no machine has reached by then. */
const BEGIN = 24 * 3_600_000;

function visitorOf(page: Page, serverSide: ServerSide): Visitor {
  const heading = page.getByRole('heading', { level: 1 });
  const requests: string[] = [];
  page.on('request', (request) => requests.push(`${request.method()} ${new URL(request.url()).pathname}`));
  const open = (path: string): Promise<unknown> => page.goto(new URL(path, serverSide.server.url).href);
  return {
    page,
    serverSide,
    async visit(path) {
      await open(path);
      await heading.waitFor();
    },
    async visitStopped(path) {
      await page.clock.install({ time: 0 });
      await page.clock.pauseAt(BEGIN);
      await open(path);
      await tickUntil(heading);
    },
    children: (state) => page.locator(`app-children [data-state="${state}"]`),
    asked: (which) => requests.filter((each) => which.test(each)).length,
  };
}

/** Lets a clock that stands still tick until this is shown: on a slow machine, too, nothing is shown too briefly to be seen. */
export async function tickUntil(shown: Locator): Promise<void> {
  while (!(await shown.isVisible())) {
    await shown.page().clock.runFor(20);
  }
}

/** A browser complains by itself of every answer that is no success. */
function isComplaint(message: ConsoleMessage): boolean {
  const ofAnswer =
    message.text().startsWith('Failed to load resource: the server responded with a status of') &&
    message.location().url.includes('/api/');
  return ['error', 'warning'].includes(message.type()) && !ofAnswer;
}
