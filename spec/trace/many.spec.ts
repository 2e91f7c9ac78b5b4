import { timer } from 'rxjs';

import { AsyncScope, sleep, tamed } from 'async-tamer';

import { Timeline } from './timeline.ts';
import { named, recorded, work } from './virtual.ts';
import { all, at, find } from './xml.ts';

/** The same numbers each time, from 0 to 1. */
function randoms(): () => number {
  let seed = 1;
  return () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
}

/**
 * Starts so many in virtual time, each after a gap in ms. One waits after the other, since that clock sorts all that wait,
 * each time.
 */
function startEach(n: number, gap: () => number, start: (i: number) => unknown): void {
  const starts = tamed(function* starts() {
    for (let i = 0; i < n; i++) {
      start(i);
      yield* sleep(gap());
    }
  });
  starts().subscribe();
}

describe('The timeline of thousands of children', () => {
  it('draws those of one name in lanes, beside each other', () => {
    const timeline = new Timeline(
      recorded(
        (scope) => {
          for (let i = 0; i < 100; i++) {
            scope.start(named('a')(10));
          }
        },
        { concurrency: 4 },
      ),
    );

    const bars = find(timeline.svg, { look: 'ok', name: 'rect' }).filter(
      (bar) => at(bar, 'y') < timeline.foot,
    );
    expect(timeline.labels).toEqual(['page', '  a × 100']);
    expect(timeline.texts.map(({ text }) => text)).toContain('4 at once');
    expect(bars.length).toBe(100);
    expect(new Set(bars.map((bar) => at(bar, 'y'))).size).toBe(4);
    expect(
      bars
        .map((bar) => timeline.ms(at(bar, 'x')))
        .sort((a, b) => a - b)
        .slice(0, 5),
    ).toEqual([0, 0, 0, 0, 10]);
  });

  it('says how many of them failed, and were cancelled, and marks each', () => {
    const timeline = new Timeline(
      recorded(
        (scope) => {
          for (let i = 0; i < 100; i++) {
            scope.start(named('a')(i < 3 ? 5 : 10, i < 3 ? { fails: 'Oh no!' } : {}));
          }
          timer(35).subscribe(() => scope.cancel());
        },
        { concurrency: 10, errorMode: 'continue' },
      ),
    );

    expect(timeline.texts.map(({ text }) => text)).toContain('10 at once, 3 failed, 70 cancelled');
    const failed = timeline.hovers.filter((text) => text.includes('failed (RangeError: Oh no!)'));
    expect(new Set(failed).size).toBe(3);
    expect(failed.length).toBe(2 * 3); // The bar, and its mark.
  });

  it('draws how many are in the queue', () => {
    const timeline = new Timeline(
      recorded(
        (scope) => {
          for (let i = 0; i < 50; i++) {
            scope.start(named('a')(10));
          }
        },
        { concurrency: 1 },
      ),
    );

    expect(timeline.hovers).toContain('up to 49 children in the queue');
    expect(timeline.texts.map(({ text }) => text)).toContain('in the queue');
  });

  it('draws how many run at once, where they are too many for lanes', () => {
    const timeline = new Timeline(
      recorded(
        (scope) => {
          startEach(
            5000,
            () => 1,
            (i) => scope.start(named('a')(i === 7 ? 10 : 100, i === 7 ? { fails: 'Oh no!' } : {})),
          );
        },
        { errorMode: 'continue' },
      ),
    );

    expect(timeline.labels).toEqual(['page', '  a × 5,000']);
    expect(timeline.hovers).toContain(
      '5,000 children, 4,999 succeeded, 1 failed; up to 100 children at once',
    );
    expect(timeline.hovers).toContain('1 child failed');
    expect(all(timeline.svg).length).toBeLessThan(100);
  });

  it('keeps those of rare names in rows of their own', () => {
    const timeline = new Timeline(
      recorded(
        (scope) => {
          scope.start(named('service')(Infinity));
          for (let i = 0; i < 500; i++) {
            scope.start(named('a')(2));
          }
          timer(300).subscribe(() => scope.cancel());
        },
        { concurrency: 5 },
      ),
    );

    expect(timeline.labels).toEqual(['page', '  service', '  a × 500']);
    expect(timeline.bar('service (#1)')).toEqual([{ look: 'cancelled', from: 0, to: 300 }]);
  });

  it('draws the scopes that they have made together, by their names', () => {
    const timeline = new Timeline(
      recorded(
        (scope) => {
          for (let i = 0; i < 200; i++) {
            scope.start(
              AsyncScope.run(
                function* fetch(inner) {
                  yield* sleep(1);
                  inner.start(named('read')(2));
                  inner.start(named('parse')(1));
                },
                { name: 'links' },
              ),
            );
          }
        },
        { concurrency: 3 },
      ),
    );

    expect(timeline.labels).toEqual([
      'page',
      '  fetch × 200',
      '    links × 200',
      '      read × 200',
      '      parse × 200',
    ]);
  });

  it('is no longer than a screen or two, whatever they are called', () => {
    const timeline = new Timeline(
      recorded((scope) => {
        for (let i = 0; i < 3000; i++) {
          scope.start(named(`job ${i % 1500}`)(i % 17));
        }
      }),
    );

    expect(timeline.height).toBeLessThan(2500);
    expect(timeline.labels.length).toBeLessThan(60);
    expect(timeline.labels.at(-1)).toMatch(/^ {2}1,\d{3} more names × 2,\d{3}$/);
  });

  it('has as many rows as it may have', () => {
    const recording = recorded((scope) => {
      for (let i = 0; i < 20; i++) {
        scope.start(work(10));
      }
    });

    expect(new Timeline(recording).labels.length).toBe(21);
    expect(new Timeline(recording, { rows: 10 }).labels).toEqual(['page', '  work × 20']);
  });

  it('grows with the number of names, not of children', () => {
    const size = (n: number): number => {
      const recording = recorded((scope) => {
        const random = randoms();
        const gap = (): number => (10_000 / n) * random();
        startEach(n, gap, () => scope.start(work(500 * random())));
      });
      return recording.svg().length;
    };

    expect(size(8000)).toBeLessThan(2 * size(2000));
  });
});

describe('The text of a timeline', () => {
  const random = randoms();
  const word = (most: number): string =>
    'somethingVeryLongIndeed名前'.repeat(3).slice(0, 1 + Math.floor(most * random()));
  const timelines = Array.from({ length: 12 }, (_, index) => {
    const recording = recorded(
      (scope) => {
        for (let i = 0; i < 10 * 2 ** (index % 6); i++) {
          const make = (): void =>
            void scope.start(
              AsyncScope.run(
                function* (inner) {
                  yield* sleep(50 * random());
                  inner.start(named(word(40))(100 * random(), random() < 0.1 ? { fails: word(60) } : {}));
                },
                { name: word(30) },
              ),
            );
          timer(100 * random()).subscribe(make);
        }
      },
      { concurrency: 1 + index, errorMode: index % 2 === 0 ? 'cancel' : 'continue', name: word(50) },
    );
    return new Timeline(recording, { width: 500 + 100 * index });
  });

  /** From where to where a text goes, in cells of the font that it is written in. */
  function extentOf(node: ReturnType<typeof find>[number]): readonly [number, number] {
    const look = (node.attributes['class'] ?? '').split(' ');
    const cell = look.includes('title') ? 8.6 : 7.3;
    let cells = 0;
    for (const letter of node.text) {
      cells += letter > '\u2e80' ? 2 : 1;
    }
    const width = cells * cell;
    if (look.includes('end')) {
      return [at(node, 'x') - width, at(node, 'x')];
    }
    return look.includes('middle')
      ? [at(node, 'x') - width / 2, at(node, 'x') + width / 2]
      : [at(node, 'x'), at(node, 'x') + width];
  }

  it('stays within the picture', () => {
    const outside = timelines.flatMap(({ svg, width, height }) =>
      find(svg, { name: 'text' }).filter((node) => {
        const [from, to] = extentOf(node);
        return from < 0 || to > width || at(node, 'y') > height;
      }),
    );

    expect(outside.map(({ text }) => text)).toEqual([]);
  });

  it('does not overlap', () => {
    const overlaps = timelines.flatMap(({ svg }) => {
      const texts = find(svg, { name: 'text' });
      return texts.flatMap((one, index) =>
        texts
          .slice(index + 1)
          .filter((other) => {
            const [[from, to], [otherFrom, otherTo]] = [extentOf(one), extentOf(other)];
            return Math.abs(at(one, 'y') - at(other, 'y')) < 12 && from < otherTo && otherFrom < to;
          })
          .map((other) => `${one.text} | ${other.text}`),
      );
    });

    expect(overlaps).toEqual([]);
  });

  it('can be read in full by pointing at it, where it is cut off', () => {
    const cut = timelines.flatMap(({ svg }) =>
      find(svg, { name: 'text' }).filter(({ text }) => text.endsWith('…')),
    );

    const hidden = cut.filter(
      ({ text, children }) => !children.some((child) => child.text.startsWith(text.slice(0, -1))),
    );
    expect(cut.length).toBeGreaterThan(0);
    expect(hidden.map(({ text }) => text)).toEqual([]);
  });
});
