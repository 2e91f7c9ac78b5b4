import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';

const src = new URL('../../src/', import.meta.url);

/** A text in the sources, and where. */
export interface Said {
  readonly file: string;
  readonly line: number;
  /** What is filled in when it is said stands as `…`. */
  readonly text: string;
}

/** The texts in the sources: of literals, of templates, and of sums of those. */
export function textsInSources(): Said[] {
  return sources().flatMap((file) => textsOf(file, readFileSync(new URL(file, src), 'utf8')));
}

function sources(): string[] {
  return readdirSync(src, { encoding: 'utf8', recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.replaceAll('\\', '/'))
    .sort();
}

export function textsOf(file: string, text: string): Said[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
  const found: Said[] = [];
  visit(source);
  return found;

  function visit(node: ts.Node): void {
    const said = textOf(node);
    if (said === undefined) {
      ts.forEachChild(node, visit);
      return;
    }
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    found.push({ file, line: line + 1, text: said });
    ts.forEachChild(node, visitInside);
  }

  /** The texts that are filled into another one are not of that. */
  function visitInside(node: ts.Node): void {
    if (ts.isTemplateSpan(node)) {
      visit(node.expression);
    } else if (ts.isBinaryExpression(node) && textOf(node) !== undefined) {
      ts.forEachChild(node, visitInside);
    } else if (textOf(node) === undefined) {
      visit(node);
    }
  }
}

/** Whether it is what an error may say: words that begin and end as a sentence does. No name, no markup, no code. */
export function isSentence({ text }: Said): boolean {
  const whole = /^(?:[A-Z@…]|[\w./-]+\(\)|async-tamer)[^]*[.:…)]$/.test(text);
  return whole && /(?:\S+ ){3}/.test(text) && /[a-z]{3}/.test(text) && !/<\w|;\S/.test(text);
}

/** The text of a literal, a template, or a sum of those. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) {
    return node.text;
  }
  if (ts.isTemplateExpression(node)) {
    return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [textOf(node.left), textOf(node.right)];
    return left === undefined && right === undefined ? undefined : `${left ?? '…'}${right ?? '…'}`;
  }
  return undefined;
}
