import { chartOf } from '../bench/chart.ts';
import { parse, type Options } from '../bench/options.ts';
import { questionNames, readQuestion, type Question } from '../bench/question.ts';
import { resultsOf, type Measured, type Results } from '../bench/results.ts';
import { jobsOf } from '../bench/sample.ts';
import { figureOf, median } from '../bench/statistics.ts';
import { tableOf } from '../bench/table.ts';
import { outcomesOf, tableOfTargets } from '../bench/targets.ts';

const question: Question = {
  name: 'made',
  title: 'A child <made> up',
  unit: 'µs a child',
  kind: 'time',
  sizes: [1_000, 1_000_000],
  quickSizes: [10],
  base: 'peer',
  cases: {
    own: { own: true },
    peer: {},
    slow: { most: 1_000, why: 'grows with the square of their number' },
    snake: { python: 'made' },
  },
};

const measured: Measured[] = [
  { label: 'own', size: 1_000, column: 'Node 24', samples: [2, 9, 1] },
  { label: 'peer', size: 1_000, column: 'Node 24', samples: [0.5, 0.5, 0.5] },
  { label: 'slow', size: 1_000, column: 'Node 24', samples: [123.4] },
  { label: 'own', size: 1_000_000, column: 'Node 24', samples: [2] },
];

function optionsOf(...args: string[]): Options {
  return { ...parse(args, ['made', 'other']), python: true };
}

describe('A figure of the benchmarks', () => {
  it('is the median of its samples, whatever their order', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([10, 1, 2, 9])).toBe(5.5);
    expect(median([7])).toBe(7);
  });

  it('comes with their spread and number', () => {
    expect(figureOf([3, 1, 20])).toEqual({ median: 3, min: 1, max: 20, samples: 3 });
  });

  it('is none, if there is no sample', () => {
    expect(() => median([])).toThrowError(RangeError);
  });
});

describe('The results of a question', () => {
  it('have the ratio of each median to that of the base of the same size and Node', () => {
    const { rows } = resultsOf(question, measured);

    expect(rows.map(({ ratio }) => ratio)).toEqual([4, 1, 246.8, undefined]);
  });

  it('are printed as a table for each size, with what is left out, and why', () => {
    const printed = tableOf(resultsOf(question, measured)).replaceAll('\u00a0', ' ');

    expect(printed).toBe(
      [
        'A child <made> up: µs a child, medians',
        '',
        '1 000     Node 24  min..max  ratio',
        'own             2      1..9  ×4.00',
        'peer = 1      0.5  0.5..0.5  ×1.00',
        'slow          123             ×247',
        '',
        '1 000 000  Node 24  min..max  ratio',
        'own              2',
        'slow: up to 1 000, since it grows with the square of their number.',
        '',
      ].join('\n'),
    );
  });

  it('say so, if nothing was measured', () => {
    expect(tableOf(resultsOf(question, []))).toContain('not measured');
  });
});

describe('The chart of a question', () => {
  const chart = chartOf(resultsOf(question, measured), 1_000, (name) => name === 'own');

  it('has a bar for each case, from the base to its ratio, on a logarithmic scale', () => {
    const bars = [...chart.matchAll(/<rect class="(\w+)" x="(\d+)" y="\d+" width="(\d+)"/g)];
    const [own, peer, slow] = bars.map(([, , , width]) => Number(width));

    expect(bars.map(([, kind]) => kind)).toEqual(['own1', 'peer1', 'peer1']);
    expect(peer).toBe(2);
    expect(own! / slow!).toBeCloseTo(Math.log(4) / Math.log(246.8), 2);
  });

  it('is read on light and on dark ground, and by those who see nothing', () => {
    expect(chart).toContain('@media (prefers-color-scheme: dark)');
    expect(chart).toContain('aria-label="A child &lt;made> up"');
    expect(chart).not.toContain('NaN');
  });
});

describe('The targets of the benchmarks', () => {
  function children(coroutine: number): Results {
    const cases = { coroutine, 'p-map': 1, 'Effect fibre': 9, 'Effect.forEach': 6 };
    const rows = Object.entries(cases).map(([label, cost]) => ({
      label,
      size: 100_000,
      column: 'Node 24',
      samples: [cost],
    }));
    return resultsOf({ ...question, name: 'children', base: 'p-map' }, rows);
  }

  it('are met or not by the ratios of medians', () => {
    const outcomes = [2, 5].map((cost) => outcomesOf([children(cost)]));

    expect(outcomes.map((each) => each.map(({ measured: ratio, met }) => [ratio, met]))).toEqual([
      [
        [2, true],
        [3, true],
      ],
      [
        [5, false],
        [1.2, false],
      ],
    ]);
  });

  it('are compared with the better of several peers', () => {
    const outcome = outcomesOf([children(2)]).find(({ target }) => target.startsWith("Effect's"));

    expect(outcome?.measured).toBe(6 / 2);
  });

  it('are printed with their limits', () => {
    expect(tableOfTargets(outcomesOf([children(5)]))).toMatch(/p-map's job +at most 3 +5 +NOT MET\n/);
  });

  it('ask for cases that there are, with sizes that they are measured with', async () => {
    const questions = await Promise.all(questionNames().map(readQuestion));
    const all = questions.map((each) => {
      const columns = each.kind === 'size' ? ['brotli'] : ['Node 20', 'Node 24'];
      const made = Object.keys(each.cases).flatMap((label) =>
        (each.sizes ?? [1]).flatMap((size) =>
          columns.map((column) => ({ label, size, column, samples: [1] })),
        ),
      );
      return resultsOf(each, made);
    });

    const texts = new Set(outcomesOf(all).map(({ target }) => target));

    expect(texts.size).toBe(34);
  });
});

describe('The options of the benchmarks', () => {
  it('are all questions, the installed Node and 24, and five rounds, if none are given', () => {
    const { questions, nodes, rounds, standard } = optionsOf();

    expect(questions).toEqual(['made', 'other']);
    expect(nodes).toContain('24');
    expect(nodes).toContain(String(parseInt(process.versions.node)));
    expect(rounds).toBe(5);
    expect(standard).toBeTrue();
  });

  it('choose questions, sizes and versions', () => {
    const { questions, nodes, sizes, standard } = optionsOf('made', '--nodes', '20,26', '--sizes=10,20');

    expect(questions).toEqual(['made']);
    expect(nodes).toEqual(['20', '26']);
    expect(sizes).toEqual([10, 20]);
    expect(standard).toBeFalse();
  });

  it('are refused, if there is no such question, clock or number', () => {
    expect(() => optionsOf('mode')).toThrowError(/no question "mode".*made, other/);
    expect(() => optionsOf('--clock=moon')).toThrowError(/no clock "moon"/);
    expect(() => optionsOf('--rounds=1.5')).toThrowError(/"1.5"/);
    expect(() => optionsOf('--quik')).toThrowError(/--quik/);
  });
});

describe('A round of the benchmarks', () => {
  const all = ['--nodes=20,24'];

  function labels(...args: string[]): string[] {
    return jobsOf([question], optionsOf(...args)).map(({ label, size, node }) => `${label} ${size} ${node}`);
  }

  it('takes a sample of each case with each size it can bear, on each Node; Python only once', () => {
    expect(labels(...all)).toEqual([
      ...['own 1000 20', 'own 1000 24', 'peer 1000 20', 'peer 1000 24', 'slow 1000 20', 'slow 1000 24'],
      ...['snake 1000 20', 'own 1000000 20', 'own 1000000 24', 'peer 1000000 20', 'peer 1000000 24'],
      'snake 1000000 20',
    ]);
  });

  it('takes fewer, if it shall be quick', () => {
    expect(labels('--quick', '--nodes=20')).toEqual(['own 10 20', 'peer 10 20', 'slow 10 20', 'snake 10 20']);
  });

  it('takes those of another build of the library, too', () => {
    expect(labels('--sizes=10', '--nodes=24', '--only=own', '--against=dist')).toEqual([
      'own 10 24',
      'own (against) 10 24',
      'peer 10 24',
    ]);
  });
});

describe('A question of the benchmarks', () => {
  for (const name of questionNames()) {
    it(`names what its ratios are to, and why a case is not measured with every size: ${name}`, async () => {
      const { base, cases, sizes = [1], chartSize = 1 } = await readQuestion(name);

      expect(Object.keys(cases)).toContain(base);
      expect(cases[base]?.most).toBeUndefined();
      expect(sizes).toContain(chartSize);
      for (const { most, why } of Object.values(cases)) {
        expect(most === undefined).toBe(why === undefined);
      }
    });
  }
});
