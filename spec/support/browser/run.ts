import { setTimeout } from 'node:timers/promises';
import type { Page } from 'playwright-core';

import { limits } from '../limits.ts';
import type { Message } from '../told.ts';
import { bundle } from './bundle.ts';
import { findChromium, launch } from './chromium.ts';
import type { Group } from './groups.ts';
import type { Settings } from './page.ts';
import { serve } from './server.ts';
import { mapper } from './stacks.ts';
import { Watch } from './watch.ts';

/** Hears what Jasmine in the page tells. */
export type Hear = (message: Message) => void;

export interface RunOptions extends Partial<Settings> {
  /** The spec files to run. Default: all of the group. */
  readonly files?: readonly string[];
  /** The program of the browser. Default: what {@link findChromium} finds. */
  readonly program?: string;
  /** Variables that specs find in `environment`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** How long the page may say nothing, in ms. Default: {@link limits}. */
  readonly silenceMs?: number;
}

/**
 * Runs the specs of a group in a page of a browser of their own. Rejects, and says why, if they could not be run to their end:
 * the page cannot be made, crashes, or hangs. When it settles, the browser and its files are gone.
 */
export async function run(group: Group, hear: Hear, options: RunOptions = {}): Promise<void> {
  const { files, program = findChromium(), silenceMs = limits.page, env = {}, filter = '' } = options;
  const folder = await bundle(group, files);
  await using browser = await launch(program);
  const page = await browser.newPage();
  page.setDefaultTimeout(limits.page);
  const mapped = mapper(folder);
  using watch = new Watch(page, silenceMs);
  await using server = await serve(folder, (message) => {
    watch.hear(message);
    hear(mapped(message));
  });
  await page.addInitScript(`globalThis.environment = ${JSON.stringify(options.environment ?? {})}`);
  await Promise.race([watch.trouble, runIn(page, server.address, { env, filter }, watch)]);
}

/** Opens the page, and runs the specs when everything in it is loaded. Rejects if anything fails after the last of them. */
async function runIn(page: Page, address: string, settings: Settings, { trouble }: Watch): Promise<void> {
  const errors: Error[] = [];
  page.on('pageerror', (error) => errors.push(error));
  await page.goto(address);
  await page.evaluate(`boot.start(${JSON.stringify(settings)})`).catch(async (error: unknown) => {
    await Promise.race([trouble, setTimeout(1000)]); // Which may be noticed later.
    throw errors[0] ?? error;
  });
  errors.length = 0; // Jasmine has reported those.
  await page.evaluate('new Promise((resolve) => setTimeout(resolve, 50))');
  if (errors.length > 0) {
    throw new Error(`After the last spec:\n${errors.join('\n')}`);
  }
}
