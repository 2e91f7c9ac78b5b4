import { Subscription, timer } from 'rxjs';

import { AsyncScope } from 'async-tamer';
import { trace, type TerminalOptions, type TerminalStream, type Trace } from 'async-tamer/trace';

import { Screen } from './screen.ts';
import { named, virtually, work } from './virtual.ts';

/** Watches a scope in virtual time, from its beginning to its end. */
function watched(
  stream: TerminalStream,
  body: (scope: AsyncScope, recording: Trace) => void,
  options?: TerminalOptions,
  limits: { readonly concurrency?: number; readonly errorMode?: 'continue' } = {},
): void {
  virtually((flush) => {
    const scope = new AsyncScope({ name: 'page', ...limits });
    const recording = trace(scope);
    recording.terminal(stream, options);
    body(scope, recording);
    scope.close().catch(() => undefined);
    flush();
  });
}

/** The lines that were to be seen at some time. */
function at(
  screen: Screen,
  ms: number,
  body: Parameters<typeof watched>[1],
  ...rest: [TerminalOptions?, Parameters<typeof watched>[3]?]
): string[] {
  let lines: string[] = [];
  watched(
    screen,
    (scope, recording) => {
      body(scope, recording);
      timer(ms).subscribe(() => (lines = screen.lines));
    },
    ...rest,
  );
  return lines;
}

/** What is not a terminal. */
class Pipe implements TerminalStream {
  text = '';

  write(text: string): void {
    this.text += text;
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }
}

describe('The live view', () => {
  const refusals: [what: string, options: unknown, complaint: string][] = [
    [
      'an option that there is not',
      { color: true },
      'terminal() has no option "color". Its options are interval, colors.',
    ],
    [
      'an interval that is no time',
      { interval: -1 },
      'The option "interval" is a time in ms, from 0 to 2147483647, but got -1 (number).',
    ],
    [
      'colours that are none',
      { colors: 'red' },
      'The option "colors" is true or false, but got "red" (string).',
    ],
  ];

  for (const [what, options, complaint] of refusals) {
    it(`refuses ${what}, by name`, () => {
      const stream = { isTTY: true, write: () => true };

      expect(() => trace().terminal(stream, options as object)).toThrowError(TypeError, complaint);
    });
  }

  describe('of a terminal', () => {
    it('shows who runs, and who is in the queue, and for how long', () => {
      const lines = at(
        new Screen(),
        159,
        (scope) => {
          scope.start(named('a')(200));
          scope.start(named('b')(150));
          scope.start(named('c')(10));
          scope.start(named('d')(10));
        },
        { interval: 1 },
        { concurrency: 2 },
      );

      expect(lines).toEqual([
        'page                       150 ms  2 running, 1 in the queue, 1 succeeded',
        '  ▸ a #1                   150 ms',
        '  ▸ c #3                     0 ms',
        '  : d #4                   150 ms  in the queue',
      ]);
    });

    it('shows who cleans up', () => {
      const lines = at(
        new Screen(),
        55,
        (scope) => {
          scope.start(named('a')(Infinity, { cleanup: 10 }));
          scope.start(named('b')(Infinity, { cleanup: 20 }));
          scope.start(named('c')(Infinity));
          timer(40).subscribe(() => scope.cancel());
        },
        { interval: 1 },
      );

      expect(lines).toEqual([
        'page                        50 ms  1 cleaning up, 3 cancelled',
        '  ~ b #2                    10 ms  cleaning up',
      ]);
    });

    it('indents what is in a nested scope', () => {
      const lines = at(
        new Screen(),
        9,
        (scope) => {
          scope.start(
            AsyncScope.run(
              function* outer(inner) {
                inner.start(named('a')(10));
                yield* AsyncScope.run((innermost) => void innermost.start(named('b')(10)));
              },
              { name: 'inner' },
            ),
          );
          new AsyncScope({ parent: scope, name: 'aside' }).start(named('c')(5));
        },
        { interval: 1 },
      );

      expect(lines).toEqual([
        'page                         5 ms  1 running',
        '  ▸ outer #1                 5 ms',
        '    inner                    5 ms  1 running',
        '      ▸ a #1                 5 ms',
        '      ▸ b #1                 5 ms',
        '  aside                      5 ms  1 succeeded',
      ]);
    });

    it('makes one line of many that have one name', () => {
      const lines = at(
        new Screen(),
        35,
        (scope) => {
          for (let i = 0; i < 1000; i++) {
            scope.start(named('a')(10 + i));
          }
          scope.start(named('b')(100));
        },
        { interval: 10 },
        { concurrency: 40 },
      );

      expect(lines).toEqual([
        'page                        30 ms  40 running, 940 in the queue, 21 succeeded',
        '  ▸ a × 40                  30 ms',
        '  : a × 939                 30 ms  in the queue',
        '  : b #1001                 30 ms  in the queue',
      ]);
    });

    it('never fills more than the screen, nor more than a line', () => {
      const screen = new Screen(40, 10);
      watched(
        screen,
        (scope) => {
          for (let i = 0; i < 30; i++) {
            scope.start(
              named(`${i}-somethingWithAVeryLongNameIndeed名前`)(
                i * 5,
                i % 3 === 0 ? { fails: 'Oh no! '.repeat(20) } : {},
              ),
            );
          }
        },
        { interval: 1 },
        { errorMode: 'continue' },
      );

      expect(screen.wrapped.filter((line) => !/^(?:# |page: 30 children)/.test(line))).toEqual([]); // Those are for good.
      expect(screen.frames.length).toBeGreaterThan(20);
      expect(screen.frames[0]?.length).toBe(9);
      expect(screen.frames[0]?.at(-1)).toBe('… 23 more lines');
    });

    for (const [columns, deep] of [
      [80, 40],
      [20, 8],
      [3, 2],
    ] as const) {
      it(`never fills more than a line of ${columns} cells, however deep the scopes are nested: ${deep} levels`, () => {
        const screen = new Screen(columns, 100);
        const nest = (levels: number): ReturnType<typeof work> =>
          levels === 0
            ? work(9)
            : AsyncScope.run((inner) => void inner.start(nest(levels - 1)), { name: `level ${levels}` });
        watched(screen, (scope) => scope.start(nest(deep)), { interval: 1 });

        expect(screen.wrapped.filter((line) => !line.startsWith('page: '))).toEqual([]);
        expect(screen.frames[0]?.length).toBeGreaterThan(deep);
      });
    }

    it('takes a terminal that does not know its size for one of 80 cells and 24 lines', () => {
      const screen = new Screen(80, 24);
      const unknown = { isTTY: true, columns: 0, rows: 0, write: (text: string) => screen.write(text) };
      watched(unknown, (scope) => scope.start(named('a')(9)), { interval: 1, colors: false });

      expect(screen.frames[0]).toEqual([
        'page                         0 ms  1 running',
        '  ▸ a #1                     0 ms',
      ]);
    });

    it('leaves what has failed above it, and in the end how it went', () => {
      const screen = new Screen();
      watched(
        screen,
        (scope) => {
          scope.start(named('a')(120, { fails: 'Oh no!' }));
          scope.start(named('b')(240, { fails: 'Not again!' }));
          scope.start(named('c')(250));
        },
        {},
        { errorMode: 'continue' },
      );

      expect(screen.lines).toEqual([
        '# page › a (#1): ran 120 ms, failed (RangeError: Oh no!)',
        '# page › b (#2): ran 240 ms, failed (RangeError: Not again!)',
        'page: 3 children, 1 succeeded, 2 failed, in 250 ms',
      ]);
    });

    it('says in full why something failed, however narrow the terminal is', () => {
      const screen = new Screen(40, 10);
      watched(screen, (scope) => scope.start(named('a')(120, { fails: 'Nobody answers at port 8080' })));

      expect(screen.lines[0]).toBe(
        '# page › a (#1): ran 120 ms, failed (RangeError: Nobody answers at port 8080)',
      );
    });

    it('is no flood of failures', () => {
      const screen = new Screen();
      watched(
        screen,
        (scope) => {
          for (let i = 0; i < 500; i++) {
            scope.start(work(10, { fails: 'Oh no!' }));
          }
        },
        {},
        { errorMode: 'continue' },
      );

      expect(screen.lines.length).toBe(12);
      expect(screen.lines.at(-2)).toBe('# 490 more children failed');
    });

    it('is not drawn more often than it is to be', () => {
      const screen = new Screen();
      watched(
        screen,
        (scope) => {
          for (let i = 0; i < 1000; i++) {
            scope.start(work(i));
          }
        },
        { interval: 100 },
      );

      expect(screen.frames.length).toBe(11);
    });

    it('is not drawn while somebody else’s code runs', () => {
      const screen = new Screen();
      watched(screen, (scope) => {
        scope.start(work(10));

        expect(screen.written).toEqual([]);
      });

      expect(screen.written.length).toBeGreaterThan(0);
    });

    it('ends when somebody unsubscribes, and leaves nothing', () => {
      const screen = new Screen();
      let view = Subscription.EMPTY;
      watched(screen, (scope, recording) => {
        const other = new Screen();
        view = recording.terminal(other, { interval: 1 });
        scope.start(work(10));
        scope.start(work(20));
        timer(15).subscribe(() => {
          expect(other.lines.length).toBe(2);
          view.unsubscribe();
          other.frames.splice(0);
        });
        timer(30).subscribe(() => {
          expect(other.frames).toEqual([]);
          expect(other.lines).toEqual([]);
        });
      });

      expect(view.closed).toBeTrue();
      expect(screen.lines).toEqual(['page: 2 children, 2 succeeded, in 20 ms']);
    });

    it('ends when the recording is stopped', () => {
      const screen = new Screen();
      watched(screen, (scope, recording) => {
        scope.start(work(10));
        timer(5).subscribe(() => recording.stop());
      });

      expect(screen.lines).toEqual([]);
    });

    it('waits for the first scope to be added', () => {
      virtually((flush) => {
        const screen = new Screen();
        const recording = trace();
        const view = recording.terminal(screen);
        const scope = new AsyncScope({ name: 'late' });
        timer(500).subscribe(() => {
          expect(view.closed).toBeFalse();
          recording.add(scope);
          scope.start(work(10));
          scope.close();
        });
        flush();

        expect(view.closed).toBeTrue();
        expect(screen.lines).toEqual(['late: 1 child, 1 succeeded, in 10 ms']);
      });
    });

    it('obeys no orders that are in names', () => {
      const screen = new Screen();
      watched(screen, (scope) => {
        scope.start(named('\x1b[2J\nrm')(150, { fails: '\x1b[31mred' }));
      });

      expect(screen.written.join('')).not.toContain('\x1b[2J');
      expect(screen.written.join('')).not.toContain('\x1b[31m');
      expect(screen.lines[0]).toContain('\ufffd[2J\ufffdrm (#1)');
    });

    it('has colours if the terminal has some, or if it is told so', () => {
      const written = (screen: Screen, colors?: boolean): string => {
        screen.written.splice(0);
        watched(screen, (scope) => scope.start(work(150)), colors === undefined ? {} : { colors });
        return screen.written.join('');
      };
      const colored = new Screen();
      colored.hasColors = () => true;

      const [text, ofColored] = [written(new Screen()), written(colored)];
      // eslint-disable-next-line no-control-regex -- this is how terminals are told of colours
      const sgr = /\x1b\[\d+m/g;
      expect(text).not.toMatch(sgr);
      expect(ofColored).toMatch(sgr);
      expect(ofColored.replaceAll(sgr, '')).toBe(text);
      expect(written(new Screen(), true)).toBe(ofColored);
      expect(written(colored, false)).not.toMatch(sgr);
    });
  });

  describe('of a file or a pipe', () => {
    it('writes how things are, now and then, and in the end how it went', () => {
      const pipe = new Pipe();
      watched(
        pipe,
        (scope) => {
          for (let i = 0; i < 5; i++) {
            scope.start(work(900));
          }
        },
        {},
        { concurrency: 2 },
      );

      expect(pipe.lines).toEqual([
        '0 ms: 2 running, 3 in the queue',
        '1 s: 2 running, 1 in the queue, 2 succeeded',
        '2 s: 1 running, 4 succeeded',
        'page: 5 children, 5 succeeded, in 2.7 s',
      ]);
    });

    it('writes what fails', () => {
      const pipe = new Pipe();
      watched(pipe, (scope) => scope.start(work(10, { fails: 'Oh no!' })));

      expect(pipe.lines).toEqual([
        '0 ms: 1 running',
        '# page › work (#1): ran 10 ms, failed (RangeError: Oh no!)',
        'page: 1 child, 1 failed, in 10 ms',
      ]);
    });

    it('writes nothing that only terminals understand', () => {
      const pipe = new Pipe();
      watched(pipe, (scope) => scope.start(named('\x1b[31ma')(10, { fails: 'Oh no!' })), { colors: true });

      expect(pipe.text).not.toContain('\x1b');
    });
  });
});
