import { finalize, interval, NEVER, of, take, timer } from 'rxjs';

import { AsyncScope, cleanup, sleep, tamed } from 'async-tamer';
import { trace } from 'async-tamer/trace';

import { named, recorded, virtually, work } from './virtual.ts';
import { Timeline } from './timeline.ts';
import { all, at, find } from './xml.ts';

describe('The timeline of a scope', () => {
  const refusals: [what: string, options: unknown, complaint: string][] = [
    [
      'an option that there is not',
      { colour: 'red' },
      'svg() has no option "colour". Its options are width, rows, title, theme.',
    ],
    [
      'a theme that there is not',
      { theme: 'drak' },
      'The option "theme" is one of "auto", "light", "dark", but got "drak" (string).',
    ],
    ['no width', { width: NaN }, 'The option "width" is a number from 1, but got NaN (number).'],
    [
      'a width without end',
      { width: Infinity },
      'The option "width" is a number from 1, but got Infinity (number).',
    ],
    ['no rows', { rows: '5' }, 'The option "rows" is a number from 1, but got "5" (string).'],
    ['no title', { title: 5 }, 'The option "title" is a string, but got 5 (number).'],
  ];

  for (const [what, options, complaint] of refusals) {
    it(`refuses ${what}, by name`, () => {
      expect(() => trace().svg(options as object)).toThrowError(TypeError, complaint);
    });
  }

  describe('shows of a child', () => {
    it('when it ran', () => {
      const timeline = new Timeline(
        recorded((scope) => {
          scope.start(named('a')(40));
          timer(10).subscribe(() => scope.start(named('b')(20)));
        }),
      );

      expect(timeline.bar('a (#1)')).toEqual([{ look: 'ok', from: 0, to: 40 }]);
      expect(timeline.bar('b (#2)')).toEqual([{ look: 'ok', from: 10, to: 30 }]);
    });

    it('that it was in the queue', () => {
      const timeline = new Timeline(
        recorded(
          (scope) => {
            scope.start(named('a')(30));
            scope.start(named('b')(10));
          },
          { concurrency: 1 },
        ),
      );

      expect(timeline.bar('b (#2): queued 30 ms, ran 10 ms, succeeded')).toEqual([
        { look: 'queued', from: 0, to: 30 },
        { look: 'ok', from: 30, to: 40 },
      ]);
    });

    it('that it failed, and why', () => {
      const timeline = new Timeline(recorded((scope) => scope.start(named('a')(20, { fails: 'Oh no!' }))));

      expect(timeline.bar('a (#1): ran 20 ms, failed (RangeError: Oh no!)')).toEqual([
        { look: 'failed', from: 0, to: 20 },
      ]);
      expect(find(timeline.svg, { look: 'mark' }).length).toBeGreaterThan(0);
    });

    it('the words of its failure where there is room for them', () => {
      const timeline = new Timeline(
        recorded(
          (scope) => {
            scope.start(named('a')(5, { fails: 'Oh no!' }));
            scope.start(named('b')(100));
          },
          { errorMode: 'continue' },
        ),
      );

      expect(timeline.texts.map(({ text }) => text)).toContain('RangeError: Oh no!');
    });

    it('that it was cancelled, why, and its cleanup', () => {
      const timeline = new Timeline(
        recorded((scope) => {
          scope.start(named('a')(Infinity, { cleanup: 10 }));
          timer(20).subscribe(() => scope.cancel('too late'));
        }),
      );

      expect(timeline.bar('a (#1): ran 20 ms, cancelled (too late), cleaned up 10 ms')).toEqual([
        { look: 'cancelled', from: 0, to: 20 },
        { look: 'wash', from: 20, to: 30 },
        { look: 'cleanup', from: 20, to: 30 },
      ]);
    });

    it('the cleanup after a normal end', () => {
      const timeline = new Timeline(
        recorded((scope) => scope.start(timer(10).pipe(finalize(() => cleanup(sleep(30)))))),
      );

      expect(timeline.bar('#1: ran 10 ms, succeeded, cleaned up 30 ms')).toEqual([
        { look: 'ok', from: 0, to: 10 },
        { look: 'wash', from: 10, to: 40 },
        { look: 'cleanup', from: 10, to: 40 },
      ]);
    });

    it('that it was cancelled in the queue', () => {
      const timeline = new Timeline(
        recorded(
          (scope) => {
            scope.start(named('a')(Infinity));
            scope.start(named('b')(10));
            timer(20).subscribe(() => scope.cancel());
          },
          { concurrency: 1 },
        ),
      );

      expect(timeline.bar('b (#2): queued 20 ms, cancelled')).toEqual([{ look: 'queued', from: 0, to: 20 }]);
    });

    it('that it was let go', async () => {
      const scope = new AsyncScope({ exitMode: 'cancel' });
      const recording = trace(scope);
      scope.start(
        tamed(async function absent() {
          await new Promise(() => undefined);
        })(),
      );

      await scope.close();

      const timeline = new Timeline(recording);
      expect(timeline.hovers).toContain(
        jasmine.stringMatching(/^absent \(#1\): .*, let go, because/) as never,
      );
      expect(timeline.legend).toContain('is let go');
    });

    it('its values, where there are several', () => {
      const timeline = new Timeline(recorded((scope) => scope.start(interval(10).pipe(take(4)))));

      const dots = find(timeline.svg, { look: 'value' }).filter((node) => at(node, 'cy') < timeline.foot);
      expect(dots.map((dot) => timeline.ms(at(dot, 'cx')))).toEqual([10, 20, 30, 40]);
      expect(timeline.hovers).toContain('#1: ran 40 ms, succeeded, 4 values');
    });

    it('no more than so many values', () => {
      const timeline = new Timeline(recorded((scope) => scope.start(interval(1).pipe(take(10_000)))));

      expect(timeline.hovers).toContain('#1: ran 10 s, succeeded, 10,000 values');
      expect(find(timeline.svg, { look: 'value' }).length).toBeLessThan(70);
    });
  });

  it('has a row for each child, in the order of their start, under their scope', () => {
    const timeline = new Timeline(
      recorded((scope) => ['c', 'a', 'b'].forEach((name) => scope.start(named(name)(10))), {
        concurrency: 1,
      }),
    );

    expect(timeline.labels).toEqual(['page', '  c', '  a', '  b']);
  });

  it('tells children of one name apart by their number', () => {
    const timeline = new Timeline(
      recorded((scope) => ['a', 'b', 'a', ''].forEach((name) => scope.start(named(name)(10)))),
    );

    expect(timeline.labels).toEqual(['page', '  a #1', '  b', '  a #3', '  #4']);
  });

  it('indents what is in a nested scope: under the child that made it, and under the scope it is in', () => {
    const timeline = new Timeline(
      recorded((scope) => {
        scope.start(
          AsyncScope.run(
            function* outer(inner) {
              yield* sleep(5);
              inner.start(named('a')(10));
              yield* AsyncScope.run((innermost) => void innermost.start(named('b')(10)));
            },
            { name: 'inner' },
          ),
        );
        const aside = new AsyncScope({ parent: scope, name: 'aside' });
        aside.start(named('c')(20));
      }),
    );

    expect(timeline.labels).toEqual([
      'page',
      '  outer',
      '    inner',
      '      a',
      '      b',
      '  aside',
      '    c',
    ]);
    expect(timeline.bar('a (#1)')).toEqual([{ look: 'ok', from: 5, to: 15 }]);
  });

  it('leaves out nested scopes in which nothing was started', () => {
    const timeline = new Timeline(
      recorded((scope) =>
        scope.start(
          AsyncScope.run(
            function* idle() {
              yield* sleep(5);
            },
            { name: 'empty' },
          ),
        ),
      ),
    );

    expect(timeline.labels).toEqual(['page', '  idle']);
  });

  it('shows several scopes, one below the other', () => {
    virtually((flush) => {
      const recording = trace();
      for (const name of ['one', 'two']) {
        const scope = new AsyncScope({ name });
        recording.add(scope);
        scope.start(work(10));
        flush();
        scope.close();
      }
      flush();

      const timeline = new Timeline(recording);
      expect(timeline.labels).toEqual(['one', '  work', 'two', '  work']);
      expect(timeline.hovers.filter((text) => text.startsWith('scope'))).toEqual([
        'scope "one": 1 child, 1 succeeded',
        'scope "two": 1 child, 1 succeeded',
      ]);
    });
  });

  it('is drawn up to the present, while things go on', () => {
    virtually((flush) => {
      const scope = new AsyncScope({ concurrency: 1 });
      const recording = trace(scope);
      const timelines: Timeline[] = [];
      scope.start(named('a')(Infinity, { cleanup: 20 }));
      scope.start(named('b')(10));
      timer(30).subscribe(() => timelines.push(new Timeline(recording)));
      timer(40).subscribe(() => scope.cancel());
      timer(50).subscribe(() => timelines.push(new Timeline(recording)));
      flush();

      const [before, after] = timelines;
      expect(before!.bar('a (#1): running for 30 ms')).toEqual([{ look: 'ok', from: 0, to: 30 }]);
      expect(before!.bar('b (#2): in the queue for 30 ms')).toEqual([{ look: 'queued', from: 0, to: 30 }]);
      expect(before!.legend).toContain('goes on');
      expect(after!.bar('a (#1): ran 40 ms, cancelled, cleaning up for 10 ms').at(-1)).toEqual({
        look: 'cleanup',
        from: 40,
        to: 50,
      });
      expect(after!.hovers).toContain('b (#2): queued 40 ms, cancelled');
    });
  });

  it('is the same whenever it is drawn, once all is over', () => {
    const recording = recorded((scope) => scope.start(work(10)));

    expect(recording.svg()).toBe(recording.svg());
  });

  it('can be drawn of nothing', () => {
    const timeline = new Timeline(trace());

    expect(timeline.labels).toEqual([]);
    expect(timeline.height).toBeGreaterThan(0);
    expect(trace().svg()).not.toMatch(/NaN|Infinity/);
  });

  it('can be drawn without room for an axis, however long it took', () => {
    const recording = recorded((scope) => scope.start(work(3_600_000)));

    for (const width of [1, 160, 200]) {
      const timeline = new Timeline(recording, { width });

      expect(timeline.width).toBe(width);
      expect(find(timeline.svg, { look: 'grid' }).length).toBeLessThan(5);
      expect(recording.svg({ width })).not.toMatch(/="-|NaN|Infinity/);
    }
  });

  it('shows a child that took no time', () => {
    const timeline = new Timeline(recorded((scope) => scope.start(of(1))));

    expect(timeline.hovers).toContain('#1: ran 0 ms, succeeded');
    expect(at(find(timeline.svg, { look: 'ok', name: 'rect' })[0]!, 'width')).toBeGreaterThan(1);
  });

  describe('for its readers', () => {
    it('is an image with a title and a description', () => {
      const { svg } = new Timeline(
        recorded((scope) => {
          scope.start(work(10));
          scope.start(work(20, { fails: 'Oh no!' }));
          scope.start(NEVER);
        }),
      );

      expect(svg.attributes['role']).toBe('img');
      expect(svg.children[0]).toEqual(jasmine.objectContaining({ name: 'title', text: 'page' }) as never);
      expect(svg.children[1]).toEqual(
        jasmine.objectContaining({
          name: 'desc',
          text: '3 children, 1 succeeded, 1 failed, 1 cancelled, in 20 ms',
        }) as never,
      );
    });

    it('has the title that it is given', () => {
      const { svg } = new Timeline(trace(), { title: 'A & B' });

      expect(svg.children[0]?.text).toBe('A & B');
      expect(find(svg, { look: 'title' })[0]?.text).toBe('A & B');
    });

    it('has the colours that they prefer, or those that are asked for', () => {
      const styleOf = (theme?: 'auto' | 'light' | 'dark'): string =>
        find(new Timeline(trace(), { theme }).svg, { name: 'style' })[0]!.text;

      expect(styleOf()).toMatch(/--paper:#ffffff[^]*prefers-color-scheme:dark[^]*--paper:#0d1117/);
      expect(styleOf()).toBe(styleOf('auto'));
      expect(styleOf('light')).not.toContain('#0d1117');
      expect(styleOf('dark')).not.toContain('#ffffff');
    });

    it('styles nothing but itself in a page', () => {
      const style = find(new Timeline(trace()).svg, { name: 'style' })[0]!.text;

      const selectors = [...style.matchAll(/([^{}]+)\{[^{}]*\}/g)].map(([, selector]) => selector!.trim());
      expect(selectors.length).toBeGreaterThan(10);
      expect(selectors.filter((selector) => !selector.startsWith('.async-tamer-trace'))).toEqual([]);
    });

    it('explains the signs that it uses, and no others', () => {
      const plain = new Timeline(recorded((scope) => scope.start(work(10))));
      const rich = new Timeline(
        recorded(
          (scope) => {
            scope.start(interval(5));
            scope.start(named('a')(Infinity, { cleanup: 5 }));
            scope.start(named('b')(12, { fails: 'Oh no!' }));
            scope.start(work(5));
          },
          { concurrency: 3 },
        ),
      );

      expect(plain.legend).toEqual(['runs']);
      expect(rich.legend).toEqual(['emits a value', 'in the queue', 'cleans up', 'fails', 'is cancelled']);
    });

    it('tells apart without colour what it tells apart by colour', () => {
      const { svg } = new Timeline(
        recorded((scope) => {
          scope.start(named('succeeds')(5));
          scope.start(named('is cancelled')(Infinity));
          scope.start(named('cleans up')(Infinity, { cleanup: 5 }));
          scope.start(named('fails')(9, { fails: 'Oh no!' }));
        }),
      );

      const shapes = find(svg, { name: 'g' })
        .filter(({ children }) => / \(#\d\): /.test(children[0]?.text ?? ''))
        .map(({ children }) =>
          children.map(({ name, attributes }) => `${name} ${attributes['style'] ?? ''}`).join(', '),
        );
      expect(shapes.length).toBe(4);
      expect(new Set(shapes).size).toBe(4);
    });

    it('shows names as they are, whatever is in them', () => {
      const names = [
        '<script>alert(1)</script>',
        '"&amp;\'',
        'a\u0000b\ud800c',
        ']]>',
        'größe',
        '名前',
        '👩‍🚀',
      ];

      const timeline = new Timeline(
        recorded((scope) => names.forEach((name) => scope.start(named(name)(5)))),
      );

      expect(timeline.labels.slice(1).map((label) => label.trim())).toEqual([
        ...names.slice(0, 2),
        'a\ufffdb\ufffdc',
        ...names.slice(3),
      ]);
      expect(all(timeline.svg).some(({ name }) => name === 'script')).toBeFalse();
    });
  });
});
