import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PageIndexInfo, SidebarGroup, SidebarItem, UserConfig } from '@rspress/core';

import { sectionsOf, type Section } from './find.ts';
import { groups, type Page } from './pages.ts';
import { markdownIn } from './reference.ts';

/** What Rspress is told: the pages of `staged` become the site in `folder`. What it would search in goes to `sections`. */
export function configOf(root: string, staged: string, folder: string, sections: Section[] = []): UserConfig {
  const { version, description } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  const here = join(root, 'docs/site');
  return {
    root: staged,
    outDir: folder,
    // Where it is published below the root of a server, such as on GitHub Pages: DOCS_BASE=/async-tamer/
    base: process.env['DOCS_BASE'] ?? '/',
    title: 'async-tamer',
    description,
    globalStyles: join(here, 'style.css'),
    search: { codeBlocks: true, searchHooks: join(here, 'search.ts') },
    plugins: [{ name: 'sections', modifySearchIndexData: (index) => takeSections(index, sections) }],
    markdown: { link: { checkDeadLinks: true, checkAnchors: true }, showLineNumbers: false },
    builderConfig: {
      logLevel: 'warn',
      // Every picture is a file, which shows colours for light or dark.
      output: { dataUriLimit: 0 },
      resolve: { alias: { 'async-tamer-playground': join(here, 'playground/component.js') } },
      // A cache would not see that the search, or this file, has changed.
      performance: { printFileSize: false, buildCache: false },
    },
    themeConfig: {
      nav: [
        { text: 'Guides', link: '/guides/scopes', activeMatch: '^/guides/' },
        { text: 'Playground', link: '/playground' },
        { text: 'Reference', link: '/reference/index', activeMatch: '^/reference/' },
        {
          text: version,
          items: [
            { text: 'Changes', link: '/changelog' },
            { text: 'Contributing', link: '/contributing' },
          ],
        },
      ],
      sidebar: { '/': [...groups.map((group) => sidebarOf(group, root)), ...sidebarOfReference(staged)] },
      enableScrollToTop: true,
    },
  };
}

/** Of its own index Rspress keeps titles and headings: it would need seconds for the texts. */
function takeSections(index: PageIndexInfo[], sections: Section[]): void {
  sections.push(...index.flatMap(sectionsOf).filter(({ text, heading }) => text !== '' || heading !== ''));
  for (const page of index) {
    page.content = '';
  }
}

interface Manifest {
  readonly version: string;
  readonly description: string;
}

function sidebarOf({ title, pages }: { title: string; pages: readonly Page[] }, root: string): SidebarGroup {
  const items = pages.map((page) => ({
    text: page.label ?? headingOf(join(root, page.file)),
    link: linkTo(page.route),
  }));
  return { text: title, items, collapsible: true, collapsed: false };
}

function headingOf(path: string): string {
  const [, heading] = /^# (.+)$/m.exec(readFileSync(path, 'utf8')) ?? [];
  if (heading === undefined) {
    throw new Error(`${path} does not begin with a heading: "# Title".`);
  }
  return heading;
}

function linkTo(route: string): string {
  return route === 'index' ? '/' : `/${route}`;
}

/** A group for each module, closed, with what it exports. */
function sidebarOfReference(staged: string): SidebarGroup[] {
  const folder = join(staged, 'reference');
  const files = markdownIn(folder).map((file) => file.replace(/\.md$/, ''));
  const modules = files
    .filter((file) => /^async-tamer(?:\/\w+)?\/index$/.test(file))
    .map((file) => file.slice(0, -6))
    .sort(); // The core comes before what is imported by a longer path.
  const members = modules.map((module) => {
    const own = files.filter((file) =>
      new RegExp(`^${module}/(?:classes|functions|interfaces|type-aliases|variables)/`).test(file),
    );
    const items = own.map((file): SidebarItem => ({
      text: file.split('/').at(-1) ?? '',
      link: `/reference/${file}`,
    }));
    return {
      text: module,
      link: `/reference/${module}/index`,
      items: items.sort(byText),
      collapsible: true,
      collapsed: true,
    };
  });
  return [
    { text: 'Reference', link: '/reference/index', items: members, collapsible: true, collapsed: false },
  ];
}

function byText(one: SidebarItem, other: SidebarItem): number {
  return one.text.localeCompare(other.text);
}
