/** What stands under one heading. */
export interface Section {
  readonly title: string;
  /** '' for what stands above the first heading of a page. */
  readonly heading: string;
  readonly link: string;
  readonly text: string;
}

/** What is found, as Rspress shows it. */
export interface Hit {
  readonly type: 'content';
  readonly title: string;
  readonly header: string;
  readonly link: string;
  readonly query: string;
  readonly statement: string;
  readonly highlightInfoList: readonly { readonly start: number; readonly length: number }[];
}

interface Page {
  readonly title: string;
  readonly routePath: string;
  readonly content: string;
  readonly toc: readonly { readonly id: string; readonly text: string; readonly charIndex: number }[];
}

/** The sections of a page, as Rspress describes it. */
export function sectionsOf({ title, routePath, content, toc }: Page): Section[] {
  const headings = toc.filter(({ charIndex }) => charIndex >= 0);
  const page = routePath.endsWith('/') ? routePath : `${routePath}.html`;
  const starts = [{ id: '', text: '', charIndex: 0 }, ...headings];
  return starts.map(({ id, text, charIndex }, index) => ({
    title,
    heading: text,
    link: id === '' ? page : `${page}#${id}`,
    text: content
      .slice(charIndex, starts[index + 1]?.charIndex)
      .replaceAll(/\s+/g, ' ')
      .trim(),
  }));
}

const MOST = 20;

/** The sections that have all words of a query, the best first. */
export function find(sections: readonly Section[], query: string): Hit[] {
  const phrase = query.toLowerCase().replaceAll(/\s+/g, ' ').trim();
  const words = [...new Set(phrase.split(' '))].filter((word) => word !== '');
  return sections
    .map((section) => ({ section, score: scoreOf(section, phrase, words) }))
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score)
    .slice(0, MOST)
    .map(({ section }) => hitOf(section, phrase, words));
}

function scoreOf({ title, heading, link, text }: Section, phrase: string, words: readonly string[]): number {
  const head = `${title} ${heading}`.toLowerCase();
  const body = text.toLowerCase();
  if (words.length === 0 || !words.every((word) => head.includes(word) || body.includes(word))) {
    return 0;
  }
  const isPhrase = head.includes(phrase) || body.includes(phrase);
  const inHead = words.filter((word) => head.includes(word)).length / words.length;
  const own = (heading === '' ? title : heading).toLowerCase().replace(/\(.*$/, '').trim();
  const isGuide = !link.startsWith('/reference/');
  return 1 + (own === phrase ? 8 : 0) + (isPhrase ? 6 : 0) + 4 * inHead + (isGuide ? 3 : 0);
}

const AROUND = 70;

function hitOf(section: Section, phrase: string, words: readonly string[]): Hit {
  const { title, heading, link, text } = section;
  const body = text.toLowerCase();
  const places = [phrase, ...words].map((each) => body.indexOf(each)).filter((place) => place >= 0);
  const place = places[0] ?? 0;
  const from = place <= AROUND ? 0 : text.lastIndexOf(' ', place - AROUND) + 1;
  const piece = text.slice(from, place + phrase.length + AROUND);
  const statement = `${from > 0 ? '… ' : ''}${piece}${from + piece.length < text.length ? ' …' : ''}`;
  return {
    type: 'content',
    title: heading === '' ? title : `${title} › ${heading}`,
    header: heading === '' ? title : heading,
    link,
    query: phrase,
    statement,
    highlightInfoList: marksIn(statement.toLowerCase(), body.includes(phrase) ? [phrase] : telling(words)),
  };
}

/** A mark at each "a" would tell nothing. */
function telling(words: readonly string[]): readonly string[] {
  const long = words.filter((word) => word.length > 2);
  return long.length === 0 ? words : long;
}

/** Where the words stand, one after the other. Rspress takes the length in bytes. */
function marksIn(text: string, words: readonly string[]): { start: number; length: number }[] {
  const marks: { start: number; length: number }[] = [];
  for (let at = 0; at < text.length;) {
    const next = words
      .map((word) => ({ word, start: text.indexOf(word, at) }))
      .filter(({ start }) => start >= 0)
      .sort((one, other) => one.start - other.start)[0];
    if (next === undefined) {
      break;
    }
    marks.push({ start: next.start, length: new TextEncoder().encode(next.word).length });
    at = next.start + next.word.length;
  }
  return marks;
}
