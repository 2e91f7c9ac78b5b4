import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
import type { PluginOptions } from 'typedoc-plugin-markdown';
import ts from 'typescript';

import { entries, sourceOf } from './pages.ts';

/**
 * Writes the reference into `folder`, as Markdown: a page for all that is exported. Returns what is wrong with the comments that it
 * is made of. Sources are linked to in `repository`, if its address is known.
 */
export async function writeReference(
  root: string,
  folder: string,
  repository: string | undefined,
): Promise<readonly string[]> {
  const log = new Log();
  const sources = entries.map((name) => join(root, sourceOf(name)));
  const app = await Application.bootstrapWithPlugins(options(root, sources, folder, repository), []);
  app.logger = log;
  app.converter.on(Converter.EVENT_RESOLVE_END, leaveOutPackages);
  app.converter.on(Converter.EVENT_RESOLVE_END, putExamplesFirst);
  app.options.setCompilerOptions(sources, compilerOptions, undefined);
  const project = await app.convert();
  if (project !== undefined) {
    app.validate(project);
    await app.generateOutputs(project);
    markdownIn(folder).forEach((file) => tidy(join(folder, file)));
  }
  return log.complaints;
}

/** The pages of a reference: paths from its folder. */
export function markdownIn(folder: string): string[] {
  return readdirSync(folder, { encoding: 'utf8', recursive: true })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.md'))
    .sort();
}

const KINDS = ['classes', 'functions', 'interfaces', 'type-aliases', 'variables'];

/** Where the reference has what is exported: its name, and the path of its page in the folder. */
export function namesIn(folder: string): ReadonlyMap<string, string> {
  const found = markdownIn(folder).filter((file) => !file.includes('namespaces/'));
  return new Map(
    found.flatMap((file) => {
      const [name = '', kind = ''] = file.replace(/\.md$/, '').split('/').reverse();
      return KINDS.includes(kind) ? [[name, file] as const] : [];
    }),
  );
}

/**
 * Headings say what it is without "Class:", and each accessor is one. Left out: type parameters of which there is nothing to say but
 * their names, and rules between members.
 */
function tidy(path: string): void {
  const text = readFileSync(path, 'utf8')
    .replace(/^# (?:Abstract )?(?:Class|Function|Interface|Type Alias|Variable|Namespace): /, '# ')
    .replace(/^#+ Get Signature\n\n/gm, '')
    .replace(/^#+ Type Parameters\n\n\| Type Parameter \|\n(?:\|.*\n)+\n/gm, '')
    .replace(/^\*\*\*\n\n/gm, '');
  writeFileSync(path, text);
}

/** The rules of ESLint are documented as such, and not where an object lists their names. */
const NAMES_OF_RULES =
  /^async-tamer\/eslint\.\w+\.__type\.(?:plugins|rules|meta)\.__type\..* does not have any documentation$/;

/** Keeps what is worse than a notice. */
class Log extends Logger {
  readonly complaints: string[] = [];

  override log(message: string, level: LogLevel): void {
    if (level >= LogLevel.Warn && !NAMES_OF_RULES.test(message)) {
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

function options(
  root: string,
  sources: readonly string[],
  folder: string,
  repository: string | undefined,
): TypeDocOptions & PluginOptions {
  const plugin: PluginOptions = {
    router: 'member',
    entryFileName: 'index',
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useCodeBlocks: true,
    indexFormat: 'table',
    expandParameters: true,
    parametersFormat: 'table',
    disableSources: repository === undefined,
  } as PluginOptions;
  return {
    ...plugin,
    plugin: ['typedoc-plugin-markdown'],
    name: 'Reference',
    logLevel: 'Warn',
    // TypeDoc takes some paths for patterns, in which the backslashes of Windows separate nothing.
    entryPoints: sources.map((path) => path.replaceAll('\\', '/')),
    displayBasePath: root,
    readme: 'none',
    out: folder,
    ...(repository === undefined
      ? { disableSources: true }
      : { disableGit: true, sourceLinkTemplate: `${repository}/{path}#L{line}` }),
    // "npm run types" looks for errors, and this is no place to say it twice.
    skipErrorChecking: true,
    excludeInternal: true,
    excludeExternals: true,
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

/** Where readers find the files of the repository, if `package.json` names one at GitHub. */
export function addressOf(manifest: string): string | undefined {
  const { repository } = JSON.parse(manifest) as { repository?: { url?: string } };
  const name = /github\.com[/:]([^/]+\/[^/]+?)(?:\.git)?$/.exec(repository?.url ?? '')?.[1];
  return name && `https://github.com/${name}/blob/main`;
}
