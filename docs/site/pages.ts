import { costs } from './costs.ts';

/** A Markdown file that the site shows beside the API reference; its path is from the root of the repository. */
export interface Page {
  readonly file: string;
  /** Its heading in the menu; the home page has none. */
  readonly group: 'Guides' | 'Samples' | 'Project' | undefined;
  /** What the site has below that text; `root` is that of the repository. */
  readonly more?: (root: string) => string;
}

export const home: Page = { file: 'README.md', group: undefined };

/** In this order. */
export const pages: readonly Page[] = [
  ...[
    'scopes',
    'from-javascript',
    'from-elsewhere',
    'recipes',
    'errors',
    'blocking',
    'testing',
    'tracing',
    'angular',
    'threads',
    'fleet',
    'inside',
  ].map((name): Page => ({
    file: `docs/guides/${name}.md`,
    group: 'Guides',
  })),
  { file: 'docs/guides/costs.md', group: 'Guides', more: costs },
  ...['samples', 'samples/marbles', 'samples/angular'].map((folder): Page => ({
    file: `${folder}/README.md`,
    group: 'Samples',
  })),
  ...['CHANGELOG.md', 'CONTRIBUTING.md'].map((file): Page => ({ file, group: 'Project' })),
];

/** What the library is imported by; each is a module of the API reference. */
export const entries = ['index', 'testing', 'angular', 'threads', 'fleet', 'trace', 'register'];

/** The file of an entry, as a path from the root of the repository. */
export function sourceOf(entry: string): string {
  return entry === 'index' ? 'src/index.ts' : `src/${entry}/index.ts`;
}
