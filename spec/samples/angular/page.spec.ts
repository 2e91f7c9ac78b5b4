import { readdirSync, readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

import { run, typescript } from '../../support/child-process.ts';
import { describeSample } from './visitor.ts';

const site = new URL('../../../samples/angular/dist/site/', import.meta.url);

describeSample('as a page', (visitor) => {
  it('is compiled ahead of time: neither a compiler is in it, nor what would need one', async () => {
    const { page, visit } = visitor();
    const files = readdirSync(site);
    const code = files.filter((name) => name.endsWith('.js')).map(contentOf);
    const sources = files
      .filter((name) => name.endsWith('.map'))
      .flatMap((name) => (JSON.parse(contentOf(name)) as { sources: string[] }).sources);
    await visit('search');

    const facade = await page.evaluate('globalThis.ng?.ɵcompilerFacade');

    expect(sources.filter((source) => source.includes('/packages/core/src/'))).not.toEqual([]);
    expect(sources.filter((source) => source.includes('/packages/compiler/src/'))).toEqual([]);
    expect(code.filter((text) => /ɵɵngDeclare\w+\(\{/.test(text))).toEqual([]);
    expect(facade).toBeUndefined();
  });

  it('is served until Ctrl-C', async () => {
    const program = [...typescript('samples/angular/server/main.ts'), '--port', '0'];

    const { code, stdout, stderr } = await run(program, {
      signals: [{ signal: 'SIGINT', after: /open: http/ }],
    });

    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^The bird observatory is open: http:\/\/localhost:\d+\/ /);
  });

  it('says what to do if its port is in use', async () => {
    const { port } = new URL(visitor().serverSide.server.url);

    const { code, stderr } = await run([...typescript('samples/angular/server/main.ts'), '--port', port]);

    expect(code).toBe(1);
    expect(stderr).toMatch(/EADDRINUSE.*Choose another port: npm run sample:angular -- --port 8080\n$/);
  });

  it('is usable by keyboard alone, and shows where the focus is', async () => {
    const { page, serverSide, visit } = visitor();
    await visit('search');

    await tabTo(page, 'Upload');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Upload recordings' }).waitFor();
    await tabTo(page, 'Add a dozen samples');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Upload 12');
    await page.keyboard.press('Enter');
    await page.getByText('12 of 12 uploaded').waitFor();

    expect(serverSide.server.recordings.finished).toHaveSize(12);
    expect(await page.title()).toBe('Upload · Bird observatory');
    expect(await page.getByRole('link', { name: 'Upload' }).getAttribute('aria-current')).toBe('page');
  });

  it('fits a phone: nothing is wider than 360 px, with the panel open or not', async () => {
    const { page, serverSide, visit } = visitor();
    await page.setViewportSize({ width: 360, height: 740 });
    const overflows: Record<string, unknown> = {};
    const measure = async (name: string): Promise<void> => {
      overflows[name] = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    };

    await visit('search');
    await page.getByRole('searchbox').fill('reedbed');
    await page.getByRole('link', { name: 'Great reed warbler' }).waitFor();
    await measure('search');
    await page.getByRole('link', { name: 'Great reed warbler' }).click();
    await page.getByRole('heading', { name: 'Great reed warbler' }).waitFor();
    await measure('bird');
    await page.getByRole('link', { name: 'Stations' }).click();
    await page.getByText('Wind').first().waitFor();
    await measure('stations');
    await page.getByRole('link', { name: 'Report' }).click();
    await page.getByRole('button', { name: 'Write the report' }).click();
    await page.getByRole('row', { name: 'October' }).waitFor();
    await measure('report');
    await page.getByRole('link', { name: 'Upload' }).click();
    await page.getByRole('button', { name: 'Add a dozen samples' }).click();
    serverSide.hold();
    await page.getByRole('button', { name: 'Upload 12' }).click();
    await page.getByRole('button', { name: 'What goes on: 3 running, 9 waiting' }).waitFor();
    await measure('upload');
    await page.getByRole('button', { name: 'What goes on' }).click();
    await page.getByRole('heading', { name: 'Seen by the server' }).waitFor();
    await measure('panel');

    expect(overflows).toEqual({ search: 0, bird: 0, stations: 0, report: 0, upload: 0, panel: 0 });
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`is readable when the system is ${colorScheme}`, async () => {
      const { page, visit } = visitor();
      await page.emulateMedia({ colorScheme });
      await visit('search');

      const contrasts = await page.evaluate<Record<string, number>>(contrastsOfColors);
      const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');

      expect(ground).toBe(colorScheme === 'light' ? 'rgb(246, 243, 236)' : 'rgb(20, 25, 26)');
      expect(Object.keys(contrasts)).toHaveSize(20);
      expect(Object.entries(contrasts).filter(([, contrast]) => contrast < 4.5)).toEqual([]);
    });
  }

  it('moves only for those who have not asked for less of that', async () => {
    const { page, serverSide, visit, children } = visitor();
    serverSide.hold();
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    await visit('stations');
    await children('running').first().waitFor();

    const moving = await page.evaluate('document.getAnimations().length');
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const reduced = await page.evaluate('document.getAnimations().length');

    expect(moving).not.toBe(0);
    expect(reduced).toBe(0);
  });
});

/** Presses Tab until what is named so has the focus. Throws if it never comes, or if it cannot be seen where the focus is. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let times = 0; times < 20; times++) {
    await page.keyboard.press('Tab');
    const [text, outline] = await page.evaluate<[string, string]>(focus);
    if (outline === 'none') {
      throw new Error(`"${text}" does not show that it has the focus.`);
    }
    if (text === name) {
      return;
    }
  }
  throw new Error(`The focus never came to "${name}".`);
}

/** What has the focus, and how it shows that. */
const focus = `[document.activeElement.innerText.trim(), getComputedStyle(document.activeElement).outlineStyle]`;

/** How well each colour of text stands out from each ground, after WCAG 2. */
const contrastsOfColors = `(() => {
  const channels = (color) => {
    const probe = document.body.appendChild(document.createElement('i'));
    probe.style.color = 'var(--' + color + ')';
    const rgb = getComputedStyle(probe).color.match(/[\\d.]+/g).slice(0, 3).map(Number);
    probe.remove();
    return rgb;
  };
  const luminance = (channels) => {
    const [red, green, blue] = channels.map((each) => {
      const part = each / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const chip = (state, ground) => state.map((each, index) => 0.14 * each + 0.86 * ground[index]);
  const states = ['waiting', 'running', 'cleaning', 'good', 'bad', 'gone'];
  const pairs = ['paper', 'card'].flatMap((ground) => [
    ...['ink', 'soft', 'accent', 'bad'].map((text) => [text + ' on ' + ground, channels(text), channels(ground)]),
    ...states.map((text) => [text + ', a chip on ' + ground, channels(text), chip(channels(text), channels(ground))]),
  ]);
  return Object.fromEntries(pairs.map(([name, text, ground]) => [name, contrast(text, ground)]));
})()`;

function contentOf(name: string): string {
  return readFileSync(new URL(name, site), 'utf8');
}
