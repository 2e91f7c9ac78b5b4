import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** The links in the pages of a folder to files of that folder, and those that lead nowhere, each with the page it is in. */
export function deadLinks(folder: string): { links: number; dead: string[] } {
  const names = readdirSync(folder, { encoding: 'utf8', recursive: true }).filter((name) =>
    /\.(?:html|svg)$/.test(name),
  );
  const texts = new Map(names.map((name) => [join(folder, name), readFileSync(join(folder, name), 'utf8')]));
  const pages = [...texts].filter(([name]) => name.endsWith('.html'));
  const links = pages.flatMap(([page, text]) => targetsIn(text).map((target) => ({ page, target })));

  const dead = links
    .filter(({ page, target }) => !leadsSomewhere(page, target, texts))
    .map(({ page, target }) => `${relative(folder, page)}: ${target}`);
  return { links: links.length, dead };
}

function targetsIn(text: string): string[] {
  return [...text.matchAll(/<[^>]+ (?:href|src)="([^"]*)"/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^\w+:/.test(target));
}

function leadsSomewhere(page: string, target: string, texts: ReadonlyMap<string, string>): boolean {
  const [path = '', anchor = ''] = decodeURI(target).split('#');
  const file = path === '' ? page : join(dirname(page), path.replace(/\?.*$/, ''));
  return anchor === '' ? existsSync(file) : texts.get(file)?.includes(` id="${anchor}"`) === true;
}
