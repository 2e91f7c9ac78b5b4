import { readdirSync } from 'node:fs';

/** Spec files that run in one page. */
export interface Group {
  /** Names the page, the report, and the group on the command line. */
  readonly name: string;
  /** Its spec files, as paths from the root of the project; those of Node alone never belong to it. */
  readonly files: RegExp;
  /** Modules that the page loads before the spec files, in this order: paths from the root, or names of packages. */
  readonly setup?: readonly string[];
}

// With the order of timers, which zones patch.
const angular = /^spec\/(?:angular\/[\w-]+|clock)\.spec\.ts$/;

/** Every group has a page of its own, so that what one sets up is nothing to the others. */
export const groups: readonly Group[] = [
  {
    name: 'core',
    files:
      /^(?:spec(?:\/(?:execution|blocking|result|call|scope|testing|browser|trace))?|samples\/marbles)\/[\w-]+\.spec\.ts$/,
  },
  {
    name: 'angular zoneless',
    files: angular,
    setup: ['@angular/compiler', 'spec/angular/setup/zoneless.ts'],
  },
  {
    name: 'angular zone.js',
    files: angular,
    setup: ['zone.js', '@angular/compiler', 'spec/angular/setup/zone.ts'],
  },
];

/** Spec files that only a browser can run. */
export const browserOnly: readonly RegExp[] = [
  /^spec\/browser\//,
  /^spec\/angular\/[\w-]+(?<!\/types)\.spec\.ts$/,
];

/** Spec files that only Node can run, and why. */
export const nodeOnly: readonly { readonly files: RegExp; readonly reason: string }[] = [
  {
    files:
      /^spec\/(?:blocking\/node\/[\w-]+(?:\.slow)?|register\/register|call\/node-streams|scope\/dropped-scope|result\/(?:print|primitive)|leaks|heap(?:\.slow)?|(?:remote|threads|fleet)\/[\w-]+)\.spec\.ts$/,
    reason:
      'They specify how a process of Node blocks, ends, prints, reads its streams, runs threads and workers, and collects its garbage.',
  },
  {
    files:
      /^spec\/(?:angular\/server\/server|child-process|runner|execution\/(?:context|async-context|listeners)|speed(?:\.slow)?|bench\.slow|packages\/[\w-]+|trace\/(?:process|samples|spans))\.spec\.ts$/,
    reason: 'They run programs, measure them, and build with the tools of others.',
  },
  {
    files:
      /^spec\/(?:call\/decorators|eslint\/rules|docs|recipes|imports|house-rules|publishing|types|angular\/types|browser-runner)\.spec\.ts$/,
    reason: 'They read and compile the files of the project.',
  },
  {
    files: /^spec\/samples\/angular\/[\w-]+\.spec\.ts$/,
    reason: 'They drive a browser, and look at what its server sees.',
  },
  {
    files: /^spec\/samples\/(?:survey(?:-fleet|\.slow)?|sync-cli|tour)\.spec\.ts$/,
    reason: 'They run the samples that are programs for Node.',
  },
  {
    files: /^spec\/trace\/many\.spec\.ts$/,
    reason: 'They draw thousands, which takes as long in a page, and is the same there.',
  },
  {
    files: /^spec\/redis\.spec\.ts$/,
    reason: 'It starts the server that the specs of a fleet use.',
  },
  {
    files: /^spec\/site(?:-pages\.slow|\.slow)?\.spec\.ts$/,
    reason: 'It builds the site of the documentation.',
  },
];

const root = new URL('../../../', import.meta.url);

/** Every spec file of the project, as a path from its root. */
export function specFiles(): string[] {
  return ['spec', 'samples']
    .flatMap((folder) =>
      readdirSync(new URL(`${folder}/`, root), { encoding: 'utf8', recursive: true }).map(
        (name) => `${folder}/${name.replaceAll('\\', '/')}`,
      ),
    )
    .filter((path) => path.endsWith('.spec.ts'))
    .sort();
}

/** Why only Node can run a spec file; undefined if a browser can, too. */
export function nodeOnlyReason(file: string): string | undefined {
  return nodeOnly.find(({ files }) => files.test(file))?.reason;
}

/** Those that take long and protect little: "npm run test:slow" runs them. */
export function isSlow(file: string): boolean {
  return file.endsWith('.slow.spec.ts');
}

/** Those that Node runs. */
export function filesOfNode(): string[] {
  return specFiles().filter((file) => !isSlow(file) && !browserOnly.some((files) => files.test(file)));
}

/** Those that run in the page of a group. */
export function filesOfGroup({ files }: Group): string[] {
  return specFiles().filter((file) => files.test(file) && nodeOnlyReason(file) === undefined);
}
