import { readdirSync } from 'node:fs';
import type { Page } from 'playwright-core';

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

/** What is looked at more closely, in light and dark: one page of each kind. */
const CLOSELY = [
  'index.html',
  'guides/options.html',
  'guides/messages.html',
  'guides/from-rxjs.html',
  'playground.html',
];

/** Looks at all pages of a folder, which is served at `address`, on a phone. */
export async function look(page: Page, folder: string, address: string): Promise<Looks> {
  await page.setViewportSize({ width: 375, height: 800 });
  const names = readdirSync(folder, { encoding: 'utf8', recursive: true })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.html'));
  const looks: Looks = { pages: names.length, wide: [], blank: [], pale: [], errors: [] };
  page.on('pageerror', (error) => looks.errors.push(`${page.url()}: ${String(error)}`));
  for (const name of names) {
    await page.goto(`${address}/${name}`);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    if (width > 375) {
      looks.wide.push(`${name}: ${width} px`);
    }
    looks.wide.push(...(await page.evaluate(cutOff)).map((text) => `${name}: "${text}" is cut off`));
    looks.blank.push(...(await page.evaluate(blankPictures)).map((source) => `${name}: ${source}`));
  }
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const name of [...CLOSELY, 'reference/async-tamer/classes/AsyncScope.html']) {
      await page.goto(`${address}/${name}`);
      await page.addStyleTag({
        content: '*, *::before, *::after { transition: none !important; animation: none !important; }',
      });
      looks.pale.push(...(await page.evaluate(paleTexts)).map((text) => `${name}, ${colorScheme}: ${text}`));
    }
  }
  return looks;
}

/** Texts that end right of the screen. Programs and tables may: they are moved sideways. */
function cutOff(): string[] {
  return [...document.querySelectorAll('h1, h2, h3, p, li, a, button')]
    .filter((each) => each.checkVisibility() && each.closest('pre, table, .cm-editor') === null)
    .filter((each) => each.getBoundingClientRect().right > window.innerWidth + 1)
    .map(({ textContent }) => textContent.trim().slice(0, 40));
}

function blankPictures(): string[] {
  return [...document.images]
    .filter(({ complete, naturalWidth }) => complete && naturalWidth === 0)
    .map(({ src }) => src);
}

/** Runs in the page, so that it brings everything that it needs. */
function paleTexts(): string[] {
  const pale = new Set<string>();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
    const element = text.parentElement;
    if (
      element?.checkVisibility({ opacityProperty: true, visibilityProperty: true }) === true &&
      text.textContent?.trim() !== '' &&
      !element.closest('svg')
    ) {
      const [one, other] = [luminance(getComputedStyle(element).color), luminance(groundOf(element))];
      const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      if (contrast < 4.5) {
        pale.add(`${contrast.toFixed(2)} of "${text.textContent?.trim().slice(0, 40)}"`);
      }
    }
  }
  return [...pale];

  /** The colour behind an element: those of its ancestors, laid over each other. */
  function groundOf(element: Element | null): string {
    const layers: string[] = [];
    for (let each = element; each !== null; each = each.parentElement) {
      const { backgroundColor } = getComputedStyle(each);
      layers.unshift(backgroundColor);
      if (channels(backgroundColor)[3] === 1) {
        break;
      }
    }
    const dark = document.documentElement.classList.contains('dark');
    const ground = layers
      .map(channels)
      .reduce(
        (under, [red, green, blue, alpha]) => [
          red * alpha + under[0] * (1 - alpha),
          green * alpha + under[1] * (1 - alpha),
          blue * alpha + under[2] * (1 - alpha),
          1,
        ],
        dark ? [0, 0, 0, 1] : [255, 255, 255, 1],
      );
    return `rgb(${ground.slice(0, 3).join(', ')})`;
  }

  function channels(color: string): [number, number, number, number] {
    const [red = 0, green = 0, blue = 0, alpha = 1] = (color.match(/[\d.]+/g) ?? []).map(Number);
    return [red, green, blue, alpha];
  }

  /** https://www.w3.org/TR/WCAG21/#dfn-relative-luminance */
  function luminance(color: string): number {
    const [red, green, blue] = channels(color)
      .slice(0, 3)
      .map((part) => part / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
  }
}
