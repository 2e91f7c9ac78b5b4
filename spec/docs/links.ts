import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { markdownIn } from '../../docs/site/reference.ts';

/** The links in the pages of a site to that site, and those that lead nowhere, each with the page it is in. */
export function deadLinks(folder: string): { links: number; dead: string[] } {
  const names = readdirSync(folder, { encoding: 'utf8', recursive: true }).filter((name) =>
    name.endsWith('.html'),
  );
  const texts = new Map(names.map((name) => [join(folder, name), readFileSync(join(folder, name), 'utf8')]));
  const links = [...texts].flatMap(([page, text]) => targetsIn(text).map((target) => ({ page, target })));

  const dead = links
    .filter(({ page, target }) => !leadsSomewhere(folder, page, target, texts))
    .map(({ page, target }) => `${relative(folder, page)}: ${target}`);
  return { links: links.length, dead };
}

/**
 * The links in Markdown to files beside it, and those that lead nowhere, each with the page it is in. Places in the reference are
 * not looked for: who writes that knows how its headings are named.
 */
export function deadLinksInMarkdown(folder: string): { links: number; dead: string[] } {
  const links = markdownIn(folder).flatMap((page) => {
    const text = readFileSync(join(folder, page), 'utf8').replaceAll(BLOCKS, '');
    return Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => ({ page, target }));
  });
  const own = links.filter(({ target }) => !/^\w+:/.test(target));

  const dead = own
    .filter(({ page, target }) => {
      const [path = '', anchor = ''] = target.split('#');
      const file = path === '' ? join(folder, page) : join(folder, dirname(page), path);
      const inReference = relative(folder, file).startsWith('reference');
      return !existsSync(file) || (anchor !== '' && !inReference && !anchorsIn(file).has(anchor));
    })
    .map(({ page, target }) => `${page}: ${target}`);
  return { links: own.length, dead };
}

const BLOCKS = /^ *```[^]*?^ *```$/gm;

/** What headings are named for links. */
function anchorsIn(file: string): Set<string> {
  const text = readFileSync(file, 'utf8').replaceAll(BLOCKS, '');
  return new Set(
    Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function targetsIn(text: string): string[] {
  return [...text.matchAll(/<(?:a|img|link|script)[^>]+ ?(?:href|src)="([^"]*)"/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^\w+:|^\/\//.test(target));
}

function leadsSomewhere(
  folder: string,
  page: string,
  target: string,
  texts: ReadonlyMap<string, string>,
): boolean {
  const [path = '', anchor = ''] = decodeURI(target).split('#');
  const file = fileOf(folder, page, path.replace(/\?.*$/, ''));
  return anchor === '' ? existsSync(file) : texts.get(file)?.includes(` id="${anchor}"`) === true;
}

function fileOf(folder: string, page: string, path: string): string {
  if (path === '') {
    return page;
  }
  const file = path.startsWith('/') ? join(folder, path) : join(dirname(page), path);
  return path.endsWith('/') ? join(file, 'index.html') : file;
}
