import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

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
