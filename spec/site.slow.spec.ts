import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

import { build, root } from '../docs/site/build.ts';
import { find, type Section } from '../docs/site/find.ts';
import { pages } from '../docs/site/pages.ts';
import { programs } from '../docs/site/playground/bundle.ts';
import { deadLinks } from './docs/links.ts';
import { look } from './docs/looks.ts';
import { serveFolder } from './docs/site-server.ts';
import { findChromium, launch } from './support/browser/chromium.ts';

const folder = join(root, 'reports/seen-site');
let built: ReturnType<typeof build> | undefined;

/** Once, for all. */
function buildOnce(): ReturnType<typeof build> {
  built ??= build(folder);
  return built;
}

describe('The site of the documentation', () => {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const html = (): string[] =>
    readdirSync(folder, { encoding: 'utf8', recursive: true }).filter((name) => name.endsWith('.html'));

  beforeAll(buildOnce, 300_000);

  it('has no link to a page, a place in a page or a picture that does not exist', () => {
    const { links, dead } = deadLinks(folder);

    expect(links).toBeGreaterThan(1000);
    expect(dead).toEqual([]);
  });

  it('has in its sidebar every page, and what comes before and after one at its end', () => {
    const text = read('guides/calls.html');

    const missing = pages.filter(({ route }) => route !== 'index' && !text.includes(`href="/${route}.html"`));

    expect(missing).toEqual([]);
    expect(text).toMatch(
      /rp-prev-next-page[^]*href="\/guides\/scopes\.html"[^]*href="\/guides\/cancelling\.html"/,
    );
  });

  it('tells the version, and leads to what has changed', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

    expect(read('index.html')).toContain(version);
    expect(read('index.html')).toContain('href="/changelog.html"');
  });

  it('shows every picture of the repository, and every chart of what was measured', () => {
    const pictures = ['docs/guides/pictures', 'samples/trace', 'bench/results']
      .filter((name) => existsSync(join(root, name)))
      .flatMap((name) => readdirSync(join(root, name)))
      .filter((name) => name.endsWith('.svg'));
    const shown = html().flatMap((name) =>
      [...read(name).matchAll(/<img[^>]* src="[^"]*?([\w-]+)\.\w+\.svg"/g)].map(
        ([, found = '']) => `${found}.svg`,
      ),
    );

    expect(pictures).toContain('checkout.svg');
    expect(pictures.filter((name) => !shown.includes(name))).toEqual([]);
  });

  it('finds a message by its text, a section by several words, and a guide before the reference', () => {
    const sections = JSON.parse(read('search.json')) as Section[];

    const message = find(sections, 'Cannot block inside a microtask')[0]!;
    const { start, length } = message.highlightInfoList[0]!;

    expect(message.link).toBe('/guides/messages.html#blockingerror');
    expect(message.statement.slice(start, start + length)).toBe('Cannot block inside a microtask');
    expect(find(sections, 'cancel cleanup takes long').length).toBeGreaterThan(0);
    expect(find(sections, 'takeUntil')[0]!.link).toMatch(/^\/guides\//);
    expect(find(sections, 'injectAsyncScope')[0]!.link).toMatch(/injectAsyncScope/);
    expect(find(sections, 'xyzzy')).toEqual([]);
    expect(find(sections, '  ')).toEqual([]);
  });

  it('brings the playground along, which asks no other server', () => {
    const runner = read('playground/runner.js');
    const offered = JSON.parse(read('playground/programs.json')) as unknown[];

    expect(offered.length).toBe(5);
    expect(runner).toContain('AsyncScope');
    expect(runner).not.toContain('fetch("http');
  });
});

describe('The site of the documentation, in a browser', () => {
  let server: Awaited<ReturnType<typeof serveFolder>>;
  let browser: Awaited<ReturnType<typeof launch>>;
  let page: Page;

  beforeAll(async () => {
    await buildOnce();
    server = await serveFolder(folder);
    browser = await launch(findChromium());
  }, 300_000);

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    page = await browser.newPage();
  });

  afterEach(async () => {
    await page.close();
  });

  /** Opens a page of the site, and waits until its scripts have taken it over. */
  async function open(path: string, width = 1300): Promise<void> {
    await page.setViewportSize({ width, height: 800 });
    await page.goto(`${server.address}${path}`, { waitUntil: 'networkidle' });
  }

  it('can be read on a phone, in light and dark: nothing is wider, or pale, or not shown', async () => {
    const { pages, ...wrong } = await look(page, folder, server.address);

    expect(pages).toBeGreaterThan(50);
    expect(wrong).toEqual({ wide: [], blank: [], pale: [], errors: [] });
  }, 600_000);

  it('is searched by keyboard, and shows where the words stand', async () => {
    await open('/guides/scopes.html');

    await page.keyboard.press('Control+k');
    await page.locator('.rp-search-panel__input').pressSequentially('cannot block inside a microtask');
    const first = page.locator('.rp-suggest-item').first();
    await first.waitFor();

    expect(await first.innerText()).toContain('Messages › BlockingError');
    expect(await first.locator('.rp-suggest-item__mark').count()).toBeGreaterThan(0);

    await page.keyboard.press('Enter');
    await page.waitForURL('**/guides/messages.html#blockingerror');
  }, 60_000);

  it('copies code', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await open('/');

    await page.locator('.rp-codeblock').first().hover();
    await page.locator('.rp-code-copy-button').first().click();

    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('npm install async-tamer rxjs');
  }, 60_000);

  it('is light or dark, as its reader likes', async () => {
    await page.emulateMedia({ colorScheme: 'light' });
    await open('/');
    const isDark = (): Promise<boolean> =>
      page.evaluate(() => document.documentElement.classList.contains('dark'));

    expect(await isDark()).toBe(false);

    await page.locator('.rp-switch-appearance').first().click();

    expect(await isDark()).toBe(true);
  }, 60_000);

  describe('has a playground', () => {
    const editor = (): ReturnType<Page['locator']> => page.getByRole('textbox', { name: 'Program' });
    const text = (): Promise<string> => editor().evaluate((place) => (place as HTMLElement).innerText);
    const focused = (): Promise<string | null | undefined> =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    const output = (): ReturnType<Page['locator']> => page.locator('.playground-output');
    const state = (): ReturnType<Page['locator']> => page.locator('.playground-state');
    const frame = (): ReturnType<Page['frameLocator']> => page.frameLocator('.playground-timeline iframe');

    async function ended(): Promise<void> {
      await page.waitForFunction(() =>
        /^Ended/.test(document.querySelector('.playground-state')?.textContent ?? ''),
      );
    }

    for (const [index, { title, code }] of programs().entries()) {
      it(`that runs a program to begin with, and draws its scopes: ${title}`, async () => {
        const expected = [...code.matchAll(/\/\/ => ?(.*)$/gm)].map(([, line = '']) => line);
        await open('/playground.html');

        await page.locator('.playground select').selectOption(String(index));
        await page.getByRole('button', { name: 'Run' }).click();
        await ended();

        expect((await output().innerText()).trim().split('\n')).toEqual(expected);
        expect(await frame().locator('svg .span').count()).toBeGreaterThan(0);
      }, 60_000);
    }

    it('that draws while things go on, and stops them', async () => {
      await open('/playground.html');
      await editor().fill(
        "import { AsyncScope, sleep } from 'async-tamer';\n" +
          "const scope = new AsyncScope({ name: 'endless' });\nscope.start(sleep(Infinity));\nawait scope.close();",
      );

      await page.getByRole('button', { name: 'Run' }).click();
      await frame().locator('text.scope', { hasText: 'endless' }).waitFor();
      await page.getByRole('button', { name: 'Stop' }).click();

      expect(await state().innerText()).toBe('Stopped.');
      expect(await page.locator('.playground-timeline iframe').count()).toBe(0);
    }, 60_000);

    it('that is used by keyboard alone', async () => {
      await open('/playground.html');
      await page.locator('.playground select').focus();
      await page.keyboard.press('ArrowDown');
      for (let stops = 0; stops < 3; stops++) {
        await page.keyboard.press('Tab'); // Run, Share, the editor
      }

      expect(await focused()).toBe('Program');

      await page.keyboard.press('Control+Enter');
      await ended();

      expect(await output().innerText()).toContain('red says goodbye');
    }, 60_000);

    it('whose editor indents by Tab, and is left by Escape and Tab', async () => {
      await open('/playground.html');
      await editor().fill('one');
      await page.keyboard.press('Tab');

      expect(await text()).toBe('  one');
      expect(await focused()).toBe('Program');

      await page.keyboard.press('Escape');
      await page.keyboard.press('Tab');

      expect(await text()).toBe('  one');
      expect(await focused()).not.toBe('Program');
    }, 60_000);

    it('whose editor shows what is a keyword, a text and a comment, in light and dark', async () => {
      await page.emulateMedia({ colorScheme: 'light' });
      await open('/playground.html');
      await editor().fill("const a = 'b'; // c");
      const colors = (): Promise<string[]> =>
        page
          .locator('.cm-line span')
          .evaluateAll((all) =>
            all
              .filter(({ textContent }) => ['const', "'b'", '// c'].includes(textContent))
              .map((each) => getComputedStyle(each).color),
          );

      const light = await colors();
      await page.locator('.rp-switch-appearance').first().click();
      const dark = await colors();

      expect(new Set([...light, ...dark]).size).toBe(6);
    }, 60_000);

    it('that strips types, and tells errors of syntax, of names and of promises', async () => {
      await open('/playground.html');
      const runs = [
        ['const n: number = 1;\nconsole.log(n satisfies number);', '1'],
        ['const = 1;', /SyntaxError: .*program\.ts.*\(1:7\)/],
        ["import 'nowhere';", 'has no module "nowhere"'],
        [
          "void Promise.reject(new Error('lost'));\nawait new Promise((r) => setTimeout(r, 50));",
          'Error: lost',
        ],
      ] as const;

      for (const [code, expected] of runs) {
        await editor().fill(code);
        await editor().press('Control+Enter');
        await ended();

        expect(await output().innerText()).toMatch(expected);
      }
    }, 60_000);

    it('that keeps programs away from the page', async () => {
      await open('/playground.html');
      await editor().fill('console.log(typeof window.parent.document);');

      await editor().press('Control+Enter');
      await ended();

      expect(await output().innerText()).toContain('SecurityError');
    }, 60_000);

    it('that shares a program by the address of the page', async () => {
      await open('/playground.html');
      await editor().fill("console.log('shared ✓');");
      await page.getByRole('button', { name: 'Share' }).click();
      await page.waitForURL(/#program=/);
      const address = page.url();

      await page.goto('about:blank');
      await page.goto(address, { waitUntil: 'networkidle' });
      await page.getByRole('button', { name: 'Run' }).click();
      await ended();

      expect(await text()).toBe("console.log('shared ✓');");
      expect((await output().innerText()).trim()).toBe('shared ✓');
    }, 60_000);

    it('that is used on a phone', async () => {
      await open('/playground.html', 375);

      await page.getByRole('button', { name: 'Run' }).click();
      await ended();

      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBe(375);
      expect(await output().innerText()).toContain('The page failed: Error: 503');
    }, 60_000);
  });
});
