import { costs } from './costs.ts';

/** A Markdown file that the site shows; its path is from the root of the repository. */
export interface Page {
  readonly file: string;
  /** Where the site has it, without `.html`. */
  readonly route: string;
  /** Its name in the sidebar, if that is not its heading. */
  readonly label?: string;
  /** What the site has below that text; `root` is that of the repository. */
  readonly more?: (root: string) => string;
}

/** Pages under one heading of the sidebar. */
export interface Group {
  readonly title: string;
  readonly pages: readonly Page[];
}

function guide(name: string, more?: Page['more']): Page {
  const page = { file: `docs/guides/${name}.md`, route: `guides/${name}` };
  return more === undefined ? page : { ...page, more };
}

/** In this order: the sidebar, and so what comes before and after a page. */
export const groups: readonly Group[] = [
  {
    title: 'Guides',
    pages: [
      { file: 'README.md', route: 'index', label: 'Start' },
      ...['scopes', 'calls', 'cancelling', 'errors', 'recipes', 'testing', 'tracing', 'angular'].map((name) =>
        guide(name),
      ),
      ...['blocking', 'threads', 'fleet'].map((name) => guide(name)),
    ],
  },
  {
    title: 'If you know…',
    pages: ['from-javascript', 'from-rxjs', 'from-angular', 'from-effect', 'from-elsewhere'].map((name) =>
      guide(name),
    ),
  },
  {
    title: 'Look it up',
    pages: [...['options', 'messages', 'limits'].map((name) => guide(name)), guide('costs', costs)],
  },
  {
    title: 'Samples',
    pages: [
      { file: 'samples/README.md', route: 'samples/index' },
      { file: 'samples/marbles/README.md', route: 'samples/marbles' },
      { file: 'samples/angular/README.md', route: 'samples/angular' },
    ],
  },
  {
    title: 'Project',
    pages: [
      { file: 'CHANGELOG.md', route: 'changelog' },
      { file: 'CONTRIBUTING.md', route: 'contributing' },
      guide('inside'),
    ],
  },
];

export const pages: readonly Page[] = groups.flatMap((group) => group.pages);

/** What the library is imported by; each is a module of the API reference. */
export const entries = ['index', 'testing', 'angular', 'threads', 'fleet', 'trace', 'eslint', 'register'];

/** The file of an entry, as a path from the root of the repository. */
export function sourceOf(entry: string): string {
  return entry === 'index' ? 'src/index.ts' : `src/${entry}/index.ts`;
}
