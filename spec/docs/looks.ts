import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { findChromium, launch } from '../support/browser/chromium.ts';

/** What is wrong with how pages look: each a page, and what is wrong in it. */
export interface Looks {
  readonly pages: number;
  /** Wider than the screen. */
  readonly wide: string[];
  /** Pictures that are not shown. */
  readonly blank: string[];
  /** Text that hardly stands out against what is behind it, by https://www.w3.org/TR/WCAG21/#contrast-minimum */
  readonly pale: string[];
  /** What its scripts threw. */
  readonly errors: string[];
}

/** Looks at all pages of a folder on a phone, in light and dark. */
export async function look(folder: string): Promise<Looks> {
  await using browser = await launch(findChromium());
  const page = await browser.newPage();
  await page.setViewportSize({ width: 375, height: 800 });
  const names = readdirSync(folder, { encoding: 'utf8', recursive: true }).filter((name) =>
    name.endsWith('.html'),
  );
  const looks: Looks = { pages: names.length, wide: [], blank: [], pale: [], errors: [] };
  page.on('pageerror', (error) => looks.errors.push(`${page.url()}: ${String(error)}`));
  for (const name of names) {
    await page.goto(pathToFileURL(join(folder, name)).href);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    if (width > 375) {
      looks.wide.push(`${name}: ${width} px`);
    }
    looks.blank.push(...(await page.evaluate(blankPictures)).map((source) => `${name}: ${source}`));
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      looks.pale.push(...(await page.evaluate(paleTexts)).map((text) => `${name}, ${colorScheme}: ${text}`));
    }
  }
  return looks;
}

function blankPictures(): string[] {
  return [...document.images].filter(({ naturalWidth }) => naturalWidth === 0).map(({ src }) => src);
}

/** Runs in the page, so that it brings everything that it needs. */
function paleTexts(): string[] {
  const pale = new Set<string>();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
    const element = text.parentElement;
    if (element?.checkVisibility() === true && text.textContent?.trim() !== '' && !element.closest('svg')) {
      const [one, other] = [luminance(getComputedStyle(element).color), luminance(groundOf(element))];
      const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      if (contrast < 4.5) {
        pale.add(`${contrast.toFixed(2)} of "${text.textContent?.trim().slice(0, 40)}"`);
      }
    }
  }
  return [...pale];

  function groundOf(element: Element | null): string {
    for (let each = element; each !== null; each = each.parentElement) {
      const { backgroundColor } = getComputedStyle(each);
      if (!/, 0\)$/.test(backgroundColor)) {
        return backgroundColor;
      }
    }
    return getComputedStyle(document.documentElement).backgroundColor;
  }

  /** https://www.w3.org/TR/WCAG21/#dfn-relative-luminance */
  function luminance(color: string): number {
    const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map((part) => {
      const value = Number(part) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
}
