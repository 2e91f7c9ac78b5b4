import { fileURLToPath } from 'node:url';
import ts from 'typescript';

import { entries as names, sourceOf } from '../../docs/site/pages.ts';

const root = new URL('../../', import.meta.url);
/** What the library is imported by, and the files of that. */
const entries = new Map(
  names.map((name) => [
    name === 'index' ? 'async-tamer' : `async-tamer/${name}`,
    fileURLToPath(new URL(sourceOf(name), root)),
  ]),
);

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
  types: [],
  strict: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  paths: Object.fromEntries([...entries].map(([name, file]) => [name, [file]])),
  noEmit: true,
};

/** A reader's project: files that need not exist, given by path, and the library that they import. */
export class Project {
  readonly #program: ts.Program;

  constructor(given: ReadonlyMap<string, string>) {
    // TypeScript writes paths with "/" on every system.
    const files = new Map([...given].map(([path, text]) => [path.replaceAll('\\', '/'), text]));
    const host = ts.createCompilerHost(options);
    const { fileExists, getSourceFile } = host;
    host.fileExists = (path) => files.has(path) || fileExists(path);
    host.getSourceFile = (path, version, ...rest) => {
      const text = files.get(path);
      return text === undefined
        ? getSourceFile(path, version, ...rest)
        : ts.createSourceFile(path, text, version);
    };
    this.#program = ts.createProgram([...entries.values(), ...files.keys()], options, host);
  }

  /** What the compiler says about a file. */
  errorsIn(path: string): string[] {
    const file = this.#program.getSourceFile(path);
    return [
      ...this.#program.getSyntacticDiagnostics(file),
      ...this.#program.getSemanticDiagnostics(file),
    ].map(({ messageText, file: where, start = 0 }) => {
      const line = (where?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
      return `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
  }

  /** What the library exports, and the public members of that. */
  exports(): Exported[] {
    const checker = this.#program.getTypeChecker();
    return [...entries.values()].flatMap((entry) => {
      const file = this.#program.getSourceFile(entry);
      const module = file && checker.getSymbolAtLocation(file);
      return module === undefined
        ? []
        : checker.getExportsOfModule(module).map((symbol) => describe(resolve(symbol, checker), checker));
    });
  }
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

function resolve(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function describe(symbol: ts.Symbol, checker: ts.TypeChecker): Exported {
  const tags = symbol.getJsDocTags(checker);
  return {
    name: symbol.name,
    isValue: (symbol.flags & ts.SymbolFlags.Value) !== 0,
    text: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
    examples: tags.filter(({ name }) => name === 'example').map(({ text }) => ts.displayPartsToString(text)),
    members: membersOf(symbol)
      .filter((member) => isPublic(member, checker))
      .map((member) => describe(member, checker)),
  };
}

function membersOf(symbol: ts.Symbol): ts.Symbol[] {
  return [...(symbol.members?.values() ?? []), ...(symbol.exports?.values() ?? [])];
}

/** A method or property with a name of its own: Symbol.iterator and its like say what they are. */
function isPublic(member: ts.Symbol, checker: ts.TypeChecker): boolean {
  const isMember = ts.SymbolFlags.ClassMember | ts.SymbolFlags.Function;
  return (
    (member.flags & isMember) !== 0 &&
    !/^(?:#|__)/.test(member.name) &&
    member.name !== 'prototype' &&
    !member.getJsDocTags(checker).some(({ name }) => name === 'internal')
  );
}
