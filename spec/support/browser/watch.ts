import type { Page } from 'playwright-core';

import { limits } from '../limits.ts';
import type { Message, Told } from '../told.ts';

/** Notices when a page cannot tell any longer that something is wrong with it. */
export class Watch implements Disposable {
  /** Rejects then. */
  readonly trouble: Promise<never>;
  readonly #silenceMs: number;
  readonly #fail: (what: string) => void;
  #silence: NodeJS.Timeout;
  #doing = 'while the specs were loaded';

  /** Once a spec has begun, the page may say nothing for so many ms. Until then, it has at least what {@link limits} gives it. */
  constructor(page: Page, silenceMs: number) {
    let reject: (error: Error) => void = () => {};
    this.trouble = new Promise((_, fails) => (reject = fails));
    this.trouble.catch(() => {}); // Also that nobody waits for any longer.
    this.#silenceMs = silenceMs;
    this.#fail = (what) => reject(new Error(`${what}, ${this.#doing}.`));
    this.#silence = this.#limit(Math.max(silenceMs, limits.page));
    page.on('crash', () => this.#fail('The page has crashed'));
    page.on('close', () => this.#fail('The browser has ended'));
    page.once('framenavigated', () => {
      page.on('framenavigated', () => this.#fail('The page has been left'));
    });
  }

  hear({ method, argument }: Message): void {
    if (method === 'specStarted') {
      this.#doing = `in "${(argument as Told).fullName ?? ''}"`;
      clearTimeout(this.#silence);
      this.#silence = this.#limit(this.#silenceMs);
    }
    this.#silence.refresh();
  }

  #limit(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#fail(`The page has said nothing for ${ms} ms`), ms);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#silence);
  }
}
