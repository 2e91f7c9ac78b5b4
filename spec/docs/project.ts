import { readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

import { entries as names, sourceOf } from '../../docs/site/pages.ts';
import { checker, compiler } from '../support/checker.mjs';
import { run } from '../support/child-process.ts';

const root = new URL('../../', import.meta.url);
/** What the library is imported by, and the files of that. */
const entries = new Map(
  names.map((name) => [
    name === 'index' ? 'async-tamer' : `async-tamer/${name}`,
    fileURLToPath(new URL(sourceOf(name), root)),
  ]),
);

// Several would each check what they share: that takes longer in all, where other specs run beside it. Version 6 has one.
const alone = checker === compiler ? [] : ['--checkers', '1'];

const paths = Object.fromEntries([...entries].map(([name, file]) => [name, [file]]));
const compilerOptions = {
  target: 'ES2022',
  module: 'ESNext',
  moduleResolution: 'Bundler',
  moduleDetection: 'force',
  lib: ['ES2023', 'ESNext.Disposable', 'DOM'],
  types: [],
  strict: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  paths,
  noEmit: true,
};

/**
 * What the compiler says about the files of a reader's project, given by path, which imports the library. They are written to where
 * they stand, beside a `tsconfig.json`.
 */
export async function errorsIn(
  folder: URL,
  files: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  files.forEach((text, path) => writeFileSync(path, text));
  const options = { compilerOptions, files: [...files.keys()] };
  const project = fileURLToPath(new URL('tsconfig.json', folder));
  writeFileSync(project, JSON.stringify(options));
  const program = join(checker, 'bin/tsc');
  const { stdout, stderr } = await run([program, '--project', project, '--pretty', 'false', ...alone], {
    cwd: fileURLToPath(folder),
  });
  const errors = new Map<string, string[]>();
  // A file, a line, and the message, whose further lines are indented; or a message alone.
  for (const [text, name, line, message] of stdout.matchAll(
    /^(?:(\S.*?)\((\d+),\d+\): )?error \w+: (.*(?:\n .*)*)$/gm,
  )) {
    const path = name === undefined ? undefined : resolve(fileURLToPath(folder), name);
    if (path === undefined || !files.has(path)) {
      throw new Error(`The compiler says of what is no example: ${text}`);
    }
    errors.set(path, [...(errors.get(path) ?? []), `line ${line ?? ''}: ${message ?? ''}`]);
  }
  if (stderr !== '') {
    throw new Error(`The compiler has failed: ${stderr}`);
  }
  return errors;
}

/** What the library exports, and the public members of that. */
export function exportsOfLibrary(): Exported[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    // Comments alone are asked for: the types of the platform would take seconds to read.
    noLib: true,
    types: [],
    paths,
    noEmit: true,
    // The declarations of others, too: so all sources are named.
    noResolve: true,
  };
  const src = fileURLToPath(new URL('src/', root));
  const sources = readdirSync(src, { encoding: 'utf8', recursive: true }).filter((name) =>
    name.endsWith('.ts'),
  );
  const program = ts.createProgram([...entries.values(), ...sources.map((name) => join(src, name))], options);
  const typeChecker = program.getTypeChecker();
  return [...entries.values()].flatMap((entry) => {
    const file = program.getSourceFile(entry);
    const module = file && typeChecker.getSymbolAtLocation(file);
    return module === undefined
      ? []
      : typeChecker
          .getExportsOfModule(module)
          .map((symbol) => describe(original(symbol, typeChecker), typeChecker));
  });
}

/** Something exported, and how it is documented. */
export interface Exported {
  readonly name: string;
  /** A value, which a program can use; else it is a type alone. */
  readonly isValue: boolean;
  readonly text: string;
  /** The texts of its `@example` tags. */
  readonly examples: readonly string[];
  /** Of a class, interface or function: what it declares itself, but for what is marked `@internal`. */
  readonly members: readonly Exported[];
}

function original(symbol: ts.Symbol, types: ts.TypeChecker): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? types.getAliasedSymbol(symbol) : symbol;
}

function describe(symbol: ts.Symbol, types: ts.TypeChecker): Exported {
  const tags = symbol.getJsDocTags(types);
  return {
    name: symbol.name,
    isValue: (symbol.flags & ts.SymbolFlags.Value) !== 0,
    text: ts.displayPartsToString(symbol.getDocumentationComment(types)),
    examples: tags.filter(({ name }) => name === 'example').map(({ text }) => ts.displayPartsToString(text)),
    members: membersOf(symbol)
      .filter((member) => isPublic(member, types))
      .map((member) => describe(member, types)),
  };
}

function membersOf(symbol: ts.Symbol): ts.Symbol[] {
  return [...(symbol.members?.values() ?? []), ...(symbol.exports?.values() ?? [])];
}

/** A method or property with a name of its own: Symbol.iterator and its like say what they are. */
function isPublic(member: ts.Symbol, types: ts.TypeChecker): boolean {
  const isMember = ts.SymbolFlags.ClassMember | ts.SymbolFlags.Function;
  return (
    (member.flags & isMember) !== 0 &&
    !/^(?:#|__)/.test(member.name) &&
    member.name !== 'prototype' &&
    !member.getJsDocTags(types).some(({ name }) => name === 'internal')
  );
}
