import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** A block of code that readers see, in the README or in a doc comment. */
export interface Example {
  /** From the root of the project. */
  readonly file: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
  /** The heading it stands under, or what it documents. */
  readonly name: string;
  readonly code: string;
  /** The lines that it says it prints: its comments that begin with `=>`. */
  readonly expected: readonly string[];
  /** Why it is not run, where its fence says so: "```ts no-run: the reason". */
  readonly skipped: string | undefined;
  /** By what name the other examples of its page import it, where its fence says so: "```ts file: work.ts". */
  readonly saved: string | undefined;
}

const root = new URL('../../', import.meta.url);

/** The examples of a file, Markdown or TypeScript, in their order. */
export function examplesIn(file: string): Example[] {
  const text = readFileSync(new URL(file, root), 'utf8');
  return file.endsWith('.md') ? examplesOfMarkdown(file, text) : examplesOfSource(file, text);
}

export function examplesOfMarkdown(file: string, text: string): Example[] {
  let heading = file;
  return fencesIn(text.split('\n'), (line) => {
    heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
    return heading;
  }).map((fence) => exampleOf(file, fence, 0));
}

export function examplesOfSource(file: string, text: string): Example[] {
  if (!text.includes('```')) {
    return []; // It need not be read.
  }
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
  return commentsUnder(source, '', new Set()).flatMap(({ name, comment }) => {
    const lines = comment.getText(source).split('\n');
    const first = source.getLineAndCharacterOfPosition(comment.getStart(source)).line;
    const inside = lines.map((line) => line.replace(/^\s*\* ?/, ''));
    return fencesIn(inside, () => name).map((fence) => exampleOf(file, fence, first));
  });
}

/** A whole file as an example. */
export function programIn(file: string): Example {
  const code = readFileSync(new URL(file, root), 'utf8');
  return exampleOf(file, { name: 'the program', info: '', index: 0, code }, 0);
}

function exampleOf(file: string, { name, info, index, code }: Fence, offset: number): Example {
  const expected = [...code.matchAll(/\/\/ => ?(.*)$/gm)].map(([, line = '']) => line);
  const skipped = /^no-run: (.+)$/.exec(info)?.[1];
  const saved = /^file: ([\w-]+\.ts)$/.exec(info)?.[1];
  if (info !== '' && skipped === undefined && saved === undefined) {
    const known = '"ts", "ts no-run: the reason" and "ts file: name.ts"';
    throw new Error(`${file}:${offset + index}: "ts ${info}" is none of ${known}.`);
  }
  return { file, line: offset + index + 1, name, code, expected, skipped, saved };
}

interface Fence {
  readonly name: string;
  readonly info: string;
  /** Of its first line of code, from 0. */
  readonly index: number;
  readonly code: string;
}

/** The blocks fenced as `ts`; `nameAt` is asked at every line outside of them, fences included. */
function fencesIn(lines: readonly string[], nameAt: (line: string) => string): Fence[] {
  const fences: Fence[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const [, language, info = ''] = /^```(\w*) ?(.*)$/.exec(lines[index]!) ?? [];
    if (language === undefined) {
      nameAt(lines[index]!);
      continue;
    }
    const end = lines.indexOf('```', index + 1);
    if (language === 'ts') {
      fences.push({
        name: nameAt(''),
        info,
        index: index + 1,
        code: `${lines.slice(index + 1, end).join('\n')}\n`,
      });
    }
    index = end === -1 ? lines.length : end;
  }
  return fences;
}

interface Documented {
  readonly name: string;
  readonly comment: ts.JSDoc;
}

/** TypeScript finds the comment of a statement at its parts, too: it counts once, outermost. */
function commentsUnder(node: ts.Node, container: string, seen: Set<ts.JSDoc>): Documented[] {
  const name = [container, nameOf(node)].filter(Boolean).join('.');
  const own = ts
    .getJSDocCommentsAndTags(node)
    .filter(ts.isJSDoc)
    .filter((comment) => !seen.has(comment));
  own.forEach((comment) => seen.add(comment));
  const documented = own.map((comment) => ({ name, comment }));
  ts.forEachChild(node, (child) => void documented.push(...commentsUnder(child, name, seen)));
  return documented;
}

function nameOf(node: ts.Node): string {
  if (ts.isExpressionStatement(node) && ts.isBinaryExpression(node.expression)) {
    return node.expression.left.getText();
  }
  if (ts.isVariableStatement(node)) {
    return node.declarationList.declarations.map((declaration) => declaration.name.getText()).join(', ');
  }
  const isNamed = ts.isClassLike(node) || ts.isFunctionDeclaration(node) || ts.isInterfaceDeclaration(node);
  if (isNamed || ts.isTypeAliasDeclaration(node) || ts.isTypeElement(node) || ts.isClassElement(node)) {
    return node.name?.getText().replace(/^\[Symbol\.(\w+)\]$/, '[$1]') ?? '';
  }
  return '';
}
