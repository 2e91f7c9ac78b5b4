import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

import { pages, type Page } from './pages.ts';

/** Copies the pages into a folder, from which the site is made, and the pictures that they show. */
export function stage(
  root: string,
  folder: string,
  repository: string | undefined,
  names: ReadonlyMap<string, string>,
): void {
  for (const page of pages) {
    const text = readFileSync(join(root, page.file), 'utf8') + (page.more?.(root) ?? '');
    const relinked = relink(text, { page, root, repository, names: new Map(names) });
    const path = join(folder, `${page.route}.md`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, relinked.text);
    for (const picture of relinked.pictures) {
      mkdirSync(dirname(join(folder, picture)), { recursive: true });
      cpSync(join(root, picture), join(folder, picture));
    }
  }
}

/** A page, and where the rest is. */
export interface Place {
  readonly page: Page;
  readonly root: string;
  readonly repository: string | undefined;
  /** What is exported, where the reference has it, and not yet linked to in this page. */
  readonly names: Map<string, string>;
}

/** A block of code, a link or a picture, or code in a line. */
const PIECE = /^ *```[^]*?^ *```$|(!?)\[((?:`[^`]*`|[^\]`])*)\]\(([^)\s#]*)(#[^)\s]*)?\)|`[^`\n]+`/gm;

/**
 * Leads links and pictures from where the page stands in the repository to where the site has it. Links to files that the site
 * has not got, such as sources, lead to the repository; without one they become plain text. The first code in a line that is an
 * exported class or type, or calls a function, leads to the reference.
 *
 * Returns the text, and the pictures that it shows. Throws an `Error` for a link to what does not exist.
 */
export function relink(text: string, place: Place): { text: string; pictures: readonly string[] } {
  const pictures: string[] = [];
  const relinked = text.replace(
    PIECE,
    (piece: string, ...[mark, label = '', target = '', anchor = '']: Groups) =>
      mark === undefined
        ? toReference(piece, place)
        : follow({ piece, mark, label, target, anchor }, place, pictures),
  );
  return { text: relinked, pictures };
}

type Groups = [mark?: string, label?: string, target?: string, anchor?: string, ...rest: unknown[]];

interface Link {
  readonly piece: string;
  readonly mark: string;
  readonly label: string;
  readonly target: string;
  readonly anchor: string;
}

function follow({ piece, mark, label, target, anchor }: Link, place: Place, pictures: string[]): string {
  if (target === '' || /^\w+:/.test(target)) {
    return piece; // A place in this page, or another site.
  }
  const path = posix.join(posix.dirname(place.page.file), target);
  if (!existsSync(join(place.root, path))) {
    throw new Error(`${place.page.file} links to ${target}, which does not exist.`);
  }
  if (mark === '!') {
    pictures.push(path);
    return `![${label}](${from(place, path)})`;
  }
  const page = pages.find(({ file }) => file === path);
  if (page !== undefined) {
    return `[${label}](${from(place, `${page.route}.md`)}${anchor})`;
  }
  return place.repository === undefined ? label : `[${label}](${place.repository}/${path}${anchor})`;
}

/** The way from a page to a file of the site. */
function from({ page }: Place, path: string): string {
  const way = posix.relative(posix.dirname(page.route), path);
  return way.startsWith('.') ? way : `./${way}`;
}

function toReference(code: string, place: Place): string {
  const name = /^`([A-Z]\w+|\w+(?=\())/.exec(code)?.[1] ?? '';
  const file = place.names.get(name);
  if (file === undefined || !/^`\w+(?:\([^`{}]*\))?`$/.test(code)) {
    return code;
  }
  place.names.delete(name);
  return `[${code}](${from(place, `reference/${file}`)})`;
}
