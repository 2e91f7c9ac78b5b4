import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type Page } from 'playwright-core';

import { bundle } from './bundle.ts';
import { findChromium } from './chromium.ts';
import type { Group } from './groups.ts';
import type { Message, Settings } from './page.ts';
import { mapper } from './stacks.ts';

/** Gets what Jasmine in the page tells its reporters. */
export type Reporter = Partial<Record<Message['method'], (argument: never) => void>>;

export interface RunOptions extends Partial<Settings> {
  /** The spec files to run. Default: all of the group. */
  readonly files?: readonly string[];
  /** The program of the browser. Default: what {@link findChromium} finds. */
  readonly program?: string;
  /** How long the page may say nothing, in ms. Default: 60 000. */
  readonly silenceMs?: number;
}

/**
 * Runs the specs of a group in a page of a browser of their own. Rejects, and says why, if they could not be run to their end:
 * the page cannot be made, crashes, or hangs. When it settles, the browser and its files are gone.
 */
export async function run(group: Group, reporter: Reporter, options: RunOptions = {}): Promise<void> {
  const { files, program = findChromium(), silenceMs = 60_000, env = {}, filter = '' } = options;
  const folder = await bundle(group, files);
  await using server = await serve(folder);
  await using browser = await launch(program);
  const page = await browser.newPage();
  const mapped = mapper(folder);
  const ended = end(page, silenceMs, ({ method, argument }) => reporter[method]?.(mapped(argument) as never));
  await Promise.race([ended, begin(page, server.address, { env, filter }).then(() => ended)]);
}

/** Opens the page, and begins when everything in it is loaded. */
async function begin(page: Page, address: string, settings: Settings): Promise<void> {
  const errors: Error[] = [];
  page.on('pageerror', (error) => errors.push(error));
  await page.goto(address);
  await page.evaluate(`boot.start(${JSON.stringify(settings)})`).catch((error: unknown) => {
    throw errors[0] ?? error;
  });
}

/** Fulfils when the last spec has ended, and nothing has failed after it. */
async function end(page: Page, silenceMs: number, told: (message: Message) => void): Promise<void> {
  const late: string[] = [];
  let silence: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve, reject) => {
    let doing = 'while the specs were loaded';
    const fail = (what: string): void => reject(new Error(`${what}, ${doing}.`));
    silence = setTimeout(() => fail(`The page has said nothing for ${silenceMs} ms`), silenceMs);
    const hear = (message: Message): void => {
      silence?.refresh();
      if (message.method === 'specStarted') {
        doing = `in "${(message.argument as jasmine.SpecResult).fullName}"`;
      }
      told(message);
      if (message.method === 'jasmineDone') {
        page.on('pageerror', (error) => late.push(String(error)));
        resolve();
      }
    };
    page.exposeFunction('tellRunner', hear).catch(reject);
    page.on('crash', () => fail('The page has crashed'));
    page.on('close', () => fail('The browser has ended'));
    page.once('framenavigated', () => page.on('framenavigated', () => fail('The page has been left')));
  }).finally(() => clearTimeout(silence));
  await page.evaluate('new Promise((resolve) => setTimeout(resolve))');
  if (late.length > 0) {
    throw new Error(`After the last spec:\n${late.join('\n')}`);
  }
}

/** A browser that is killed, with all that it wrote, however the block ends: one that hangs would not close. */
async function launch(executablePath: string): Promise<AsyncDisposable & Pick<Browser, 'newPage'>> {
  const server = await chromium
    .launchServer({ executablePath, args: ['--no-sandbox'] })
    .catch((error: unknown) => {
      throw new Error(
        `${executablePath} cannot be started. Set CHROME_BIN to the program of another Chrome or Chromium.\n${String(error)}`,
      );
    });
  const browser = await chromium.connect(server.wsEndpoint());
  return { newPage: () => browser.newPage(), [Symbol.asyncDispose]: () => server.kill() };
}

/** A local server of the page and its scripts. */
async function serve(folder: string): Promise<AsyncDisposable & { readonly address: string }> {
  const files: Readonly<Record<string, string | URL>> = {
    '/jasmine.js': new URL('../../../node_modules/jasmine-core/lib/jasmine-core/jasmine.js', import.meta.url),
    '/boot.js': `${folder}boot.js`,
    '/specs.js': `${folder}specs.js`,
  };
  const server = createServer((request, response) => {
    const file = files[request.url ?? ''];
    if (request.url === '/') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
    } else if (file === undefined) {
      response.writeHead(404).end();
    } else {
      response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(readFileSync(file));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const html = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Specs of async-tamer</title><link rel="icon" href="data:,"></head>
  <body>
    <script src="/jasmine.js"></script>
    <script src="/boot.js"></script>
    <script src="/specs.js"></script>
  </body>
</html>
`;
