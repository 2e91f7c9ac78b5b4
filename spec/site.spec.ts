import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { build, root } from '../docs/site/build.ts';
import { costs } from '../docs/site/costs.ts';
import { diagrams } from '../docs/site/diagrams.ts';
import { draw } from '../docs/site/draw.ts';
import { entries, pages } from '../docs/site/pages.ts';
import { addressOf, publicNames, relink, titled } from '../docs/site/stage.ts';
import { deadLinks } from './docs/links.ts';

describe('The site of the documentation', () => {
  const folder = join(root, 'reports/built-site');
  const repository = 'https://github.com/o/n/blob/main';
  let complaints: readonly string[];

  beforeAll(async () => {
    complaints = await build(folder, repository);
  }, 300_000);

  it('is built without a complaint: all that is public has a comment, and every link in comments leads somewhere', () => {
    expect(complaints).toEqual([]);
  });

  it('has no link to a page, a place in a page or a picture that does not exist', () => {
    const { links, dead } = deadLinks(folder);

    expect(links).toBeGreaterThan(1000);
    expect(dead).toEqual([]);
  });

  it('links to sources in the repository that exist, and to the line', () => {
    const pages = readdirSync(folder, { encoding: 'utf8', recursive: true })
      .filter((name) => name.endsWith('.html'))
      .map((name) => readFileSync(join(folder, name), 'utf8'));
    const links = pages.flatMap((text) => [
      ...text.matchAll(/href="https:\/\/github\.com\/o\/n\/blob\/main\/([^"#]+)/g),
    ]);
    const paths = new Set(links.map(([, path = '']) => path));

    expect(paths).toContain('src/scope/scope.ts');
    expect(
      [...paths].filter((path) => path.includes('node_modules') || !existsSync(join(root, path))),
    ).toEqual([]);
    expect(pages.join('')).toMatch(/blob\/main\/src\/scope\/scope\.ts#L\d+"/);
  });

  it('shows the overload first that has the example, with its types in full', () => {
    const text = readFileSync(join(folder, 'functions/async-tamer.tamed.html'), 'utf8')
      .replaceAll(/<[^>]*>|\s+/g, '')
      .replaceAll('&lt;', '<');

    expect(text.indexOf('TamedCall<Emitted<R')).toBeGreaterThan(0);
    expect(text.indexOf('TamedCall<Emitted<R')).toBeLessThan(text.indexOf('ClassMethodDecoratorContext'));
  });

  it('has all guides', () => {
    const guides = readdirSync(join(root, 'docs/guides')).filter((name) => name.endsWith('.md'));

    expect(pages.map(({ file }) => file)).toEqual(
      jasmine.arrayContaining(guides.map((name) => `docs/guides/${name}`)),
    );
  });

  it('shows every picture of the repository, and every chart of what was measured', () => {
    const pictures = ['docs/guides/pictures', 'samples/trace', 'bench/results']
      .filter((name) => existsSync(join(root, name)))
      .flatMap((name) => readdirSync(join(root, name)))
      .filter((name) => name.endsWith('.svg'));
    const shown = ['index.html', ...readdirSync(join(folder, 'documents')).map((name) => `documents/${name}`)]
      .flatMap((name) => [
        ...readFileSync(join(folder, name), 'utf8').matchAll(/<img src="[^"]*?([\w-]+\.svg)"/g),
      ])
      .map(([, name = '']) => name);

    expect(pictures).toContain('checkout.svg');
    expect(pictures.filter((name) => !shown.includes(name))).toEqual([]);
  });

  it('has a reference for everything that the package exports', () => {
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: object };
    const names = Object.keys(exports).map((name) => (name === '.' ? 'index' : name.slice(2)));

    expect([...entries, 'package.json'].sort()).toEqual(names.sort());
  });
});

describe('A drawn state machine', () => {
  for (const [name, diagram] of Object.entries(diagrams)) {
    it(`has the states of the source: ${name}`, () => {
      const { file, type, beside = [] } = diagram.source;
      const text = readFileSync(join(root, file), 'utf8');
      const union = text.slice(text.indexOf(type) + type.length).split(/[;={]/, 1)[0] ?? '';
      const declared = [...union.matchAll(/'([^']+)'/g)].map(([, state]) => state!);

      expect(text).toContain(type);
      expect(diagram.states.map((state) => state.name).sort()).toEqual([...declared, ...beside].sort());
    });

    it(`is as "npm run docs" draws it: ${name}`, () => {
      expect(readFileSync(join(root, `docs/guides/pictures/${name}.svg`), 'utf8')).toBe(draw(diagram));
    });
  }

  it('has no arrow from or to a state that is not there', () => {
    const states = [{ name: 'a', at: [0, 0] as const }];

    expect(() => draw({ title: 'A', states, transitions: [{ from: 'a', to: 'b', on: 'x' }] })).toThrowError(
      '"A" has no state "b".',
    );
  });
});

describe('The page of the costs', () => {
  const made = join(root, 'reports/made-up');
  const folder = join(made, 'bench/results');
  const row = { size: 1, column: 'Node 20', median: 2, min: 1.5, max: 2500, samples: 3, ratio: 0.5 };
  const results = {
    title: 'A child',
    unit: 'µs a child',
    base: 'p-map',
    rows: [
      { ...row, case: '{ a | b }' },
      { ...row, case: 'p-map', size: 100_000, samples: 1, ratio: undefined },
    ],
    limits: [{ case: 'p-map', most: 10, why: 'is slow' }],
    measured: { processor: 'Z80', nodes: 'v20.20.0', rounds: 3 },
  };

  beforeEach(() => {
    rmSync(made, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  });

  afterAll(() => {
    rmSync(made, { recursive: true, force: true });
  });

  function put(name: string, content: object): void {
    writeFileSync(join(folder, name), JSON.stringify(content));
  }

  it('says so where nothing was measured', () => {
    const nothing =
      '\n## What was measured\n\nNothing yet: there are no results beside this copy of the sources.\n';

    expect(costs(made)).toBe(nothing);
    expect(costs(join(made, 'nowhere'))).toBe(nothing);
  });

  it('has a table for each question that was measured, and a chart if there is one', () => {
    put('children.json', { ...results, question: 'children' });
    put('events.json', { ...results, question: 'events', title: 'Events', rows: [] });
    writeFileSync(join(folder, 'children.svg'), '<svg/>');

    const place = { file: 'docs/guides/costs.md', root: made, repository: undefined, names: new Map() };
    const { text, pictures } = relink(costs(made), place);

    expect(pictures).toEqual(['bench/results/children.svg']);
    expect(text.trim()).toBe(
      [
        '## A child\n',
        '![A child, as a chart](../../bench/results/children.svg)\n',
        'In µs a child: the median, the least and the most, the ratio to p-map.\n',
        '|  | how many | Node 20 |',
        '| --- | --: | --: |',
        '| &#123; a &#124; b &#125; | 1 | 2 (1.5–2\u00a0500) ×0.50 |',
        '| p-map = 1 | 100\u00a0000 | 2 |\n',
        '- p-map: up to 10, since it is slow.\n',
        'v20.20.0, 3 rounds, on Z80.',
      ].join('\n'),
    );
  });

  it('begins with what people ask first, and ends with what is aimed at, met or not', () => {
    for (const question of ['children', 'context', 'cancel']) {
      put(`${question}.json`, { ...results, question, title: question });
    }
    const outcome = { target: 'a by b', limit: 'at most 3', column: 'Node 20', measured: 2.345 };
    put('targets.json', {
      targets: [
        { ...outcome, met: true },
        { ...outcome, met: false },
      ],
    });

    const text = costs(made);

    expect(text.match(/^## .*/gm)).toEqual(['## children', '## cancel', '## context', '## What it aims at']);
    expect(text).toContain('| a by b | Node 20 | at most 3 | 2.35 | yes |\n');
    expect(text).toContain('| a by b | Node 20 | at most 3 | 2.35 | **no** |\n');
  });
});

describe('A page of the site', () => {
  const place = {
    file: 'docs/guides/scopes.md',
    root,
    repository: 'https://github.com/o/n/blob/main',
    names: new Map<string, string>(),
  };

  it('has its heading as the title', () => {
    const page = titled('# The "title"\n\nText\n', { file: 'a.md', group: 'Guides' });

    expect(page).toBe('---\ntitle: "The \\"title\\""\ngroup: Guides\n---\n\nText\n');
    expect(() => titled('Text\n', { file: 'a.md', group: 'Guides' })).toThrowError(/a\.md does not begin/);
  });

  it('keeps links to pages and other sites, and all that is code', () => {
    const text =
      '[a](../../README.md#faq) [b](https://x.org/) `[c](nowhere)`\n\n```ts\n[d](nowhere)\n```\n[e](#f)';

    expect(relink(text, place)).toEqual({ text, pictures: [] });
  });

  it('links to the repository what is no page, as far as anybody knows where that is', () => {
    const text = '[`x`](../../src/call/sleep.ts)';

    expect(relink(text, place).text).toBe('[`x`](https://github.com/o/n/blob/main/src/call/sleep.ts)');
    expect(relink(text, { ...place, repository: undefined }).text).toBe('`x`');
  });

  it('links the first mention of a name to the reference, if that looks like a class or a call', () => {
    const text = '`AsyncScope`, `sleep`, `sleep(10)`, `AsyncScope` and `Nobody`';
    const names = new Map(publicNames(root));

    expect(names.get('trace')).toBe('async-tamer/trace');
    expect(relink(text, { ...place, names }).text).toBe(
      '{@linkcode "async-tamer".AsyncScope AsyncScope}, `sleep`, {@linkcode "async-tamer".sleep sleep(10)}, ' +
        '`AsyncScope` and `Nobody`',
    );
  });

  it('cannot link to what does not exist', () => {
    expect(() => relink('[x](nowhere.md)', place)).toThrowError(/scopes\.md links to nowhere\.md/);
  });

  it('finds the repository in package.json', () => {
    const url = 'git+https://github.com/o/n.git';

    expect(addressOf(JSON.stringify({ repository: { url } }))).toBe('https://github.com/o/n/blob/main');
    expect(addressOf('{}')).toBeUndefined();
  });
});
