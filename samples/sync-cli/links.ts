/** A link, and where it stands. */
export interface Link {
  readonly file: string;
  readonly line: number;
  readonly target: string;
}

const LINK =
  /\[[^\]]*\]\(\s*<?([^\s)>]+)>?[^)]*\)|^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)>?|<(https?:\/\/[^\s>]+)>/gm;

/** The links of a Markdown text: inline, by reference, and in angle brackets; what stands in code is none. */
export function linksIn(markdown: string, file: string): Link[] {
  const text = withoutCode(markdown);
  return [...text.matchAll(LINK)].map((match) => ({
    file,
    line: text.slice(0, match.index).split('\n').length,
    target: match[1] ?? match[2] ?? match[3] ?? '',
  }));
}

/** Code blanked out, so that lines keep their numbers. */
function withoutCode(markdown: string): string {
  const code = /^ {0,3}(`{3,}|~{3,})[^]*?(?:^ {0,3}\1[`~]*\s*$|$(?![^]))|`[^`\n]+`/gm;
  return markdown.replaceAll(code, (piece) => piece.replaceAll(/[^\n]/g, ' '));
}
