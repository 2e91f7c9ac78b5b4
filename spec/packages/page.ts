import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';

import { findChromium } from '../support/browser/chromium.ts';
import { limits } from '../support/limits.ts';

/** What a page has done. */
export interface Visit {
  /** The text that can be read. */
  readonly text: string;
  /** The value of the promise `outcomes`, a global of the page. */
  readonly outcomes: unknown;
  /** What it wrote to the console as a warning or an error, and what it threw without catching it. */
  readonly complaints: readonly string[];
}

let browser: Browser | undefined;

/** Serves a folder, opens a page of it, and waits for its `outcomes`. */
export async function visit(folder: string, path = 'index.html'): Promise<Visit> {
  browser ??= await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
  const server = await serve(folder);
  const page = await browser.newPage();
  try {
    const complaints = listen(page);
    const { port } = server.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/${path}`);
    try {
      await page.waitForFunction('globalThis.outcomes !== undefined', undefined, { timeout: limits.process });
    } catch (error) {
      throw new Error(['The page has no outcomes.', ...complaints].join('\n'), { cause: error });
    }
    const outcomes = await page.evaluate('globalThis.outcomes');
    return { outcomes, complaints, text: await page.innerText('body') };
  } finally {
    await page.close();
    server.close();
  }
}

/** Ends the browser, if one has been started. */
export async function closeBrowser(): Promise<void> {
  await browser?.close();
  browser = undefined;
}

function listen(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error.stack)));
  page.on('console', (message) => {
    if (['warning', 'error'].includes(message.type())) {
      complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  return complaints;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.map': 'application/json',
};

function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const file = join(folder, normalize(decodeURIComponent(pathname)));
    if (pathname === '/favicon.ico') {
      response.writeHead(204).end();
    } else if (existsSync(file) && statSync(file).isFile()) {
      response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' });
      createReadStream(file).pipe(response);
    } else {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
