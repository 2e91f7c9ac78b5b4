import type { Page } from 'playwright-core';

import type { Message } from './page.ts';

/** Notices when a page cannot tell any longer that something is wrong with it. */
export class Watch implements Disposable {
  /** Rejects then. */
  readonly trouble: Promise<never>;
  readonly #silence: NodeJS.Timeout;
  #doing = 'while the specs were loaded';

  constructor(page: Page, silenceMs: number) {
    let reject: (error: Error) => void = () => {};
    this.trouble = new Promise((_, fails) => (reject = fails));
    this.trouble.catch(() => {}); // Also that nobody waits for any longer.
    const fail = (what: string) => () => reject(new Error(`${what}, ${this.#doing}.`));
    this.#silence = setTimeout(fail(`The page has said nothing for ${silenceMs} ms`), silenceMs);
    page.on('crash', fail('The page has crashed'));
    page.on('close', fail('The browser has ended'));
    page.once('framenavigated', () => page.on('framenavigated', fail('The page has been left')));
  }

  hear({ method, argument }: Message): void {
    this.#silence.refresh();
    if (method === 'specStarted') {
      this.#doing = `in "${(argument as jasmine.SpecResult).fullName}"`;
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#silence);
  }
}
