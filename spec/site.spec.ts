import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from '../docs/site/build.ts';
import { costs } from '../docs/site/costs.ts';
import { diagrams } from '../docs/site/diagrams.ts';
import { draw } from '../docs/site/draw.ts';
import { find, sectionsOf } from '../docs/site/find.ts';
import { entries, pages } from '../docs/site/pages.ts';
import { programs } from '../docs/site/playground/bundle.ts';
import { fromHash, toHash } from '../docs/site/playground/share.ts';
import { show } from '../docs/site/playground/show.ts';
import { addressOf } from '../docs/site/reference.ts';
import { relink } from '../docs/site/stage.ts';

// What is written and made of these pages is for site-pages.slow.spec.ts and site.slow.spec.ts.
describe('The pages of the documentation', () => {
  it('are all guides', () => {
    const guides = readdirSync(join(root, 'docs/guides')).filter((name) => name.endsWith('.md'));

    expect(pages.map(({ file }) => file)).toEqual(
      jasmine.arrayContaining(guides.map((name) => `docs/guides/${name}`)),
    );
  });

  it('are a reference for everything that the package exports', () => {
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: object };
    const names = Object.keys(exports).map((name) => (name === '.' ? 'index' : name.slice(2)));

    expect([...entries, 'package.json'].sort()).toEqual(names.sort());
  });
});

describe('A search', () => {
  const toc = [
    { id: 'one', text: 'One', charIndex: 6 },
    { id: 'two', text: 'Two', charIndex: 17 },
  ];
  const sections = sectionsOf({
    title: 'Page',
    routePath: '/page',
    content: 'Intro\nOne\nred ink\nTwo\nblue  ink',
    toc,
  });

  it('looks into sections: what stands under one heading', () => {
    expect(sections.map(({ link, text }) => [link, text])).toEqual([
      ['/page.html', 'Intro'],
      ['/page.html#one', 'One red ink'],
      ['/page.html#two', 'Two blue ink'],
    ]);
  });

  it('finds sections that have all words, in any order, and marks them', () => {
    const [hit, ...others] = find(sections, 'INK two');

    expect(others).toEqual([]);
    expect(hit).toEqual(
      jasmine.objectContaining({ link: '/page.html#two', title: 'Page › Two', statement: 'Two blue ink' }),
    );
    expect(hit?.highlightInfoList).toEqual([
      { start: 0, length: 3 },
      { start: 9, length: 3 },
    ]);
  });
});

describe('The playground', () => {
  it('begins with programs that have a title', () => {
    expect(programs().map(({ title }) => title)).toEqual([
      'A batch that fails',
      'Cancel, with cleanup',
      'Type-ahead',
      'Three at a time',
      'Scopes in scopes',
    ]);
  });

  it('shares a program in the address of the page, whatever is in it', () => {
    const code = 'console.log(\'… ✓ ü\', `${1}`, "+/=");\n';

    expect(toHash(code)).toMatch(/^#program=[\w-]+$/);
    expect(fromHash(toHash(code))).toBe(code);
    expect(fromHash('')).toBeUndefined();
    expect(fromHash('#a-heading')).toBeUndefined();
    expect(fromHash('#program=%%%')).toBeUndefined();
  });

  it('shows values as Node does', () => {
    const values = [
      'a',
      1,
      2n,
      undefined,
      null,
      ['a', { b: [] }],
      {},
      new RangeError('no'),
      Boolean,
      new Map(),
    ];

    expect(values.map((value) => show(value))).toEqual([
      ...['a', '1', '2n', 'undefined', 'null', "[ 'a', { b: [] } ]", '{}', 'RangeError: no'],
      ...['[Function: Boolean]', '[Map]'],
    ]);
    expect(show(new AggregateError([new Error('x')], 'two'))).toBe('AggregateError: two\n  [Error: x]');
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

    const page = { file: 'docs/guides/costs.md', route: 'guides/costs' };
    const place = { page, root: made, repository: undefined, names: new Map<string, string>() };
    const { text, pictures } = relink(costs(made), place);

    expect(pictures).toEqual(['bench/results/children.svg']);
    expect(text.trim()).toBe(
      [
        '## A child\n',
        '![A child, as a chart](../bench/results/children.svg)\n',
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
    page: { file: 'docs/guides/scopes.md', route: 'guides/scopes' },
    root,
    repository: 'https://github.com/o/n/blob/main',
    names: new Map<string, string>(),
  };

  it('keeps links to other sites and to places in it, and all that is code', () => {
    const text = '[b](https://x.org/) `[c](nowhere)`\n\n```ts\n[d](nowhere)\n```\n[e](#f)';

    expect(relink(text, place)).toEqual({ text, pictures: [] });
  });

  it('links to other pages, and shows pictures, where the site has them', () => {
    const text = '[a](../../README.md#faq) [b](errors.md) ![c](../../samples/trace/checkout.svg)';

    expect(relink(text, place)).toEqual({
      text: '[a](../index.md#faq) [b](./errors.md) ![c](../samples/trace/checkout.svg)',
      pictures: ['samples/trace/checkout.svg'],
    });
  });

  it('links to the repository what is no page, as far as anybody knows where that is', () => {
    const text = '[`x`](../../src/call/sleep.ts)';

    expect(relink(text, place).text).toBe('[`x`](https://github.com/o/n/blob/main/src/call/sleep.ts)');
    expect(relink(text, { ...place, repository: undefined }).text).toBe('`x`');
  });

  it('links the first mention of a name to the reference, if that looks like a class or a call', () => {
    const text = '`AsyncScope`, `sleep`, `sleep(10)`, `AsyncScope` and `Nobody`';
    const names = new Map([
      ['AsyncScope', 'async-tamer/classes/AsyncScope.md'],
      ['sleep', 'async-tamer/functions/sleep.md'],
    ]);

    expect(relink(text, { ...place, names }).text).toBe(
      '[`AsyncScope`](../reference/async-tamer/classes/AsyncScope.md), `sleep`, ' +
        '[`sleep(10)`](../reference/async-tamer/functions/sleep.md), `AsyncScope` and `Nobody`',
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
