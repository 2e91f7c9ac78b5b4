/** An element of a document. */
export interface Node {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Node[];
  /** The text in it, not in what it holds. */
  readonly text: string;
}

interface Open {
  name: string;
  attributes: Record<string, string>;
  children: Node[];
  text: string;
}

/** Reads a document without comments and the like. Throws where it is not well-formed. */
export function parse(xml: string): Node {
  const root: Open = { name: '', attributes: {}, children: [], text: '' };
  const open: Open[] = [root];
  const pieces = xml.matchAll(
    /<\/(?<end>[\w:-]+)>|<(?<start>[\w:-]+)(?<attributes>(?:\s[^<>]*?)?)(?<empty>\/?)>|(?<text>[^<>]+)|(?<wrong>[<>])/g,
  );
  for (const { groups = {}, index } of pieces) {
    const { end, start, attributes, empty, text, wrong } = groups;
    const inner = open.at(-1)!;
    if (wrong !== undefined) {
      throw new SyntaxError(`A stray ${wrong} in …${xml.slice(Math.max(0, index - 60), index + 20)}`);
    } else if (end !== undefined) {
      if (open.pop()?.name !== end || open.length === 0) {
        throw new SyntaxError(`</${end}> ends <${inner.name}>.`);
      }
    } else if (start !== undefined) {
      const element: Open = {
        name: start,
        attributes: attributesIn(attributes ?? ''),
        children: [],
        text: '',
      };
      inner.children.push(element);
      if (empty === '') {
        open.push(element);
      }
    } else {
      inner.text += unescape(text ?? '');
    }
  }
  if (open.length > 1 || root.children.length !== 1) {
    throw new SyntaxError(`<${open.at(-1)!.name}> has no end, or there are several documents.`);
  }
  return root.children[0]!;
}

function attributesIn(text: string): Record<string, string> {
  const all: Record<string, string> = {};
  const rest = text.replaceAll(/\s([\w:-]+)="([^"]*)"/g, (_, key: string, value: string) => {
    if (key in all) {
      throw new SyntaxError(`The attribute ${key} is there twice.`);
    }
    all[key] = unescape(value);
    return '';
  });
  if (rest.trim() !== '') {
    throw new SyntaxError(`These are no attributes: ${rest}`);
  }
  return all;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

function unescape(text: string): string {
  // eslint-disable-next-line no-control-regex -- no document may hold them
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\p{Surrogate}]/u.test(text)) {
    throw new SyntaxError(`There is a character that no document may hold in ${JSON.stringify(text)}.`);
  }
  return text.replaceAll(/&(\w*;?)/g, (found, name: string) => {
    const letter = ENTITIES[name.replace(';', '')];
    if (letter === undefined || !name.endsWith(';')) {
      throw new SyntaxError(`There is no entity ${found}.`);
    }
    return letter;
  });
}

/** An element with all that is in it, however deep, from the top down. */
export function all(node: Node): Node[] {
  return [node, ...node.children.flatMap(all)];
}

/** Those of some class, or of some name. */
export function find(node: Node, { name, look }: { readonly name?: string; readonly look?: string }): Node[] {
  return all(node).filter(
    (each) =>
      (name === undefined || each.name === name) &&
      (look === undefined || (each.attributes['class'] ?? '').split(' ').includes(look)),
  );
}

/** An attribute that is a number. */
export function at(node: Node, attribute: string): number {
  const value = Number(node.attributes[attribute]);
  if (Number.isNaN(value)) {
    throw new TypeError(`${attribute}="${node.attributes[attribute]}" is no number.`);
  }
  return value;
}
