import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Application,
  Converter,
  Logger,
  LogLevel,
  type Context,
  type SignatureReflection,
  type SourceReference,
  type TypeDocOptions,
} from 'typedoc';
import ts from 'typescript';

import { entries, home, pages, sourceOf } from './pages.ts';
import { addressOf, stage } from './stage.ts';
import { Theme } from './theme.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Builds the site into `folder`; returns what is wrong with it: what TypeDoc warns of. Sources are linked to in `repository`, if
 * anybody knows where that is.
 */
export async function build(
  folder: string,
  repository = addressOf(readFileSync(join(root, 'package.json'), 'utf8')),
): Promise<readonly string[]> {
  const staged = join(root, 'reports/site');
  stage(root, staged, repository);
  const log = new Log();
  const app = await Application.bootstrap(
    { ...options(staged, repository), out: folder, theme: 'async-tamer' },
    [],
  );
  app.logger = log;
  app.renderer.defineTheme('async-tamer', Theme);
  app.converter.on(Converter.EVENT_RESOLVE_END, leaveOutPackages);
  app.converter.on(Converter.EVENT_RESOLVE_END, putExamplesFirst);
  app.options.setCompilerOptions(sources(), compilerOptions, undefined);
  const project = await app.convert();
  if (project !== undefined) {
    app.validate(project);
    await app.generateOutputs(project);
  }
  return log.complaints;
}

/** Keeps what is worse than a notice. */
class Log extends Logger {
  readonly complaints: string[] = [];

  override log(message: string, level: LogLevel): void {
    if (level >= LogLevel.Warn) {
      this.complaints.push(message);
    }
  }
}

/** The repository has no sources of the packages that are installed beside it, such as those of what `Error` declares. */
function leaveOutPackages({ project }: Context): void {
  for (const each of Object.values(project.reflections)) {
    if ((each.isDeclaration() || each.isSignature()) && each.sources?.some(isInPackage)) {
      delete each.sources;
    }
  }
}

/** Of overloads, the one with the example is what most readers look for; for the compiler it may have to be the last one. */
function putExamplesFirst({ project }: Context): void {
  const hasExample = ({ comment }: SignatureReflection): boolean =>
    comment?.blockTags.some(({ tag }) => tag === '@example') === true;
  for (const each of Object.values(project.reflections)) {
    if (each.isDeclaration()) {
      each.signatures?.sort((one, other) => Number(hasExample(other)) - Number(hasExample(one)));
    }
  }
}

function isInPackage({ fullFileName }: SourceReference): boolean {
  return fullFileName.includes('/node_modules/');
}

function sources(): string[] {
  return entries.map((name) => join(root, sourceOf(name)));
}

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
};

/** TypeDoc takes some paths for patterns, in which the backslashes of Windows separate nothing. */
function pattern(path: string): string {
  return path.replaceAll('\\', '/');
}

function options(staged: string, repository: string | undefined): TypeDocOptions {
  return {
    name: 'async-tamer',
    entryPoints: sources().map(pattern),
    displayBasePath: root,
    readme: join(staged, home.file),
    projectDocuments: pages.map(({ file }) => pattern(join(staged, file))),
    customCss: join(root, 'docs/site/style.css'),
    ...(repository === undefined
      ? { disableSources: true }
      : { disableGit: true, sourceLinkTemplate: `${repository}/{path}#L{line}` }),
    // "npm run types" looks for errors, and this is no place to say it twice.
    skipErrorChecking: true,
    excludeInternal: true,
    excludeExternals: true,
    groupOrder: ['Guides', 'Modules', 'Samples', 'Project', '*'],
    navigation: { includeGroups: false, includeCategories: false, includeFolders: false },
    headings: { readme: true, document: true },
    includeHierarchySummary: false,
    searchInComments: true,
    searchInDocuments: true,
    hideGenerator: true,
    highlightLanguages: ['ts', 'js', 'sh', 'json', 'html', 'python', 'kotlin'],
    // What is said of them stands where they are used.
    intentionallyNotExported: [
      'src/scope/child.ts:Happening',
      'src/call/coroutine.ts:AnyGenerator',
      'src/remote/functions.ts:RemoteFunctions',
    ],
    intentionallyNotDocumented: ['async-tamer.tamed.M'],
    requiredToBeDocumented: [
      ...['Module', 'Class', 'Interface', 'TypeAlias', 'Variable', 'Function'],
      ...['Method', 'Property', 'Accessor', 'CallSignature', 'GetSignature'],
    ] as NonNullable<TypeDocOptions['requiredToBeDocumented']>,
    validation: {
      notDocumented: true,
      notExported: true,
      invalidLink: true,
      invalidPath: true,
      rewrittenLink: true,
      unusedMergeModuleWith: true,
    },
  };
}
