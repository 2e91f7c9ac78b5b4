import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { root, write } from '../docs/site/build.ts';
import { markdownIn } from '../docs/site/reference.ts';
import { deadLinksInMarkdown } from './docs/links.ts';

// What is made of these pages is for site.slow.spec.ts.
describe('The pages of the documentation', () => {
  const folder = join(root, 'reports/written-site');
  const repository = 'https://github.com/o/n/blob/main';
  let complaints: readonly string[];

  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

  beforeAll(async () => {
    complaints = await write(folder, repository);
  });

  it('are written without a complaint: all that is public has a comment, and every link in comments leads somewhere', () => {
    expect(complaints).toEqual([]);
  });

  it('have no link to a page, a heading of a guide or a picture that does not exist', () => {
    const { links, dead } = deadLinksInMarkdown(folder);

    expect(links).toBeGreaterThan(300);
    expect(dead).toEqual([]);
  });

  it('link to sources in the repository that exist, and to the line', () => {
    const texts = markdownIn(folder).map(read).join('\n');
    const links = texts.matchAll(/\]\(https:\/\/github\.com\/o\/n\/blob\/main\/([^)#]+)/g);
    const paths = new Set(Array.from(links, ([, path = '']) => path));

    expect(paths).toContain('src/scope/scope.ts');
    expect(
      [...paths].filter((path) => path.includes('node_modules') || !existsSync(join(root, path))),
    ).toEqual([]);
    expect(texts).toMatch(/blob\/main\/src\/scope\/scope\.ts#L\d+\)/);
  });

  it('show the overload first that has the example, with its types in full', () => {
    const text = read('reference/async-tamer/functions/tamed.md').replaceAll(/\s+/g, '');

    expect(text.indexOf('TamedCall<Emitted<R')).toBeGreaterThan(0);
    expect(text.indexOf('TamedCall<Emitted<R')).toBeLessThan(text.indexOf('ClassMethodDecoratorContext'));
  });
});
