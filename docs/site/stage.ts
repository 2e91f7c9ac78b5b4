import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

import { entries, home, pages, sourceOf, type Page } from './pages.ts';

/**
 * Copies the pages into a folder, as TypeDoc takes them, and the pictures that they show. The folder is laid out as the
 * repository is, so that links from one to the other stay as they are.
 */
export function stage(root: string, folder: string, repository: string | undefined): void {
  const names = publicNames(root);
  for (const { file, group, more } of [home, ...pages]) {
    const { text, pictures } = relink(readFileSync(join(root, file), 'utf8') + (more?.(root) ?? ''), {
      file,
      root,
      repository,
      names: new Map(names),
    });
    write(join(folder, file), titled(text, { file, group }));
    for (const picture of pictures) {
      mkdirSync(dirname(join(folder, picture)), { recursive: true });
      cpSync(join(root, picture), join(folder, picture));
    }
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Where readers find its files, if `package.json` names a repository at GitHub. */
export function addressOf(manifest: string): string | undefined {
  const { repository } = JSON.parse(manifest) as { repository?: { url?: string } };
  const name = /github\.com[/:]([^/]+\/[^/]+?)(?:\.git)?$/.exec(repository?.url ?? '')?.[1];
  return name && `https://github.com/${name}/blob/main`;
}

/** The heading becomes what TypeDoc calls the title; the home page has that of the site. */
export function titled(text: string, { file, group }: Page): string {
  const [, title, rest] = /^# (.+)\n+([^]*)$/.exec(text) ?? [];
  if (title === undefined || rest === undefined) {
    throw new Error(`${file} does not begin with a heading: "# Title".`);
  }
  return group === undefined ? rest : `---\ntitle: ${JSON.stringify(title)}\ngroup: ${group}\n---\n\n${rest}`;
}

/** A page, and where the rest is. */
export interface Place {
  readonly file: string;
  readonly root: string;
  readonly repository: string | undefined;
  /** What is exported, by which module, and not yet linked to in this page. */
  readonly names: Map<string, string>;
}

const EXPORTED = /^export (?:type )?(?:\{([^}]*)\}|(?:function|class|interface|type) (\w+))/gm;

/** What is exported, each with the module that does it. */
export function publicNames(root: string): ReadonlyMap<string, string> {
  return new Map(
    entries.flatMap((entry) => {
      const module = entry === 'index' ? 'async-tamer' : `async-tamer/${entry}`;
      const text = readFileSync(join(root, sourceOf(entry)), 'utf8');
      const names = [...text.matchAll(EXPORTED)].flatMap(
        ([, list = '', name = list]) => name.match(/[A-Za-z]+/g) ?? [],
      );
      return names.filter((name) => name !== 'type').map((name) => [name, module] as const);
    }),
  );
}

/** A block of code, a link or a picture, or code in a line. */
const PIECE = /^ *```[^]*?^ *```$|(!?)\[((?:`[^`]*`|[^\]`])*)\]\(([^)\s#]*)(#[^)\s]*)?\)|`[^`\n]+`/gm;

/**
 * Links to files that the site has not got, such as sources, lead to the repository; where nobody knows that, they become
 * plain text. The first code in a line that is an exported class or type, or calls a function, leads to the reference.
 *
 * Returns the text, and the pictures that it shows. Throws an `Error` for a link to what does not exist.
 */
export function relink(text: string, place: Place): { text: string; pictures: readonly string[] } {
  const pictures: string[] = [];
  let relinked = '';
  let end = 0;
  for (const match of text.matchAll(PIECE)) {
    relinked += text.slice(end, match.index) + pieceFor(match, place, pictures);
    end = match.index + match[0].length;
  }
  return { text: relinked + text.slice(end), pictures };
}

function pieceFor(match: RegExpExecArray, place: Place, pictures: string[]): string {
  const [piece, mark, label = '', target = '', anchor = ''] = match;
  if (mark === undefined) {
    return toReference(piece, place.names);
  }
  if (target === '' || /^\w+:/.test(target)) {
    return piece; // A place in this page, or another site.
  }
  const path = posix.join(posix.dirname(place.file), target);
  if (!existsSync(join(place.root, path))) {
    throw new Error(`${place.file} links to ${target}, which does not exist.`);
  }
  if (mark === '!') {
    pictures.push(path);
    return piece;
  }
  if (isPage(path)) {
    return piece;
  }
  return place.repository === undefined ? label : `[${label}](${place.repository}/${path}${anchor})`;
}

function toReference(code: string, names: Map<string, string>): string {
  const name = /^`([A-Z]\w+|\w+(?=\())/.exec(code)?.[1] ?? '';
  const module = names.get(name);
  if (module === undefined || !/^`\w+(?:\([^`{}]*\))?`$/.test(code)) {
    return code;
  }
  names.delete(name);
  return `{@linkcode "${module}".${name} ${code.slice(1, -1)}}`;
}

function isPage(path: string): boolean {
  return [home, ...pages].some(({ file }) => file === path);
}
