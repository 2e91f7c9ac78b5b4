import { checkOptions } from '../execution/check-options.ts';
import { quote, startStackAt } from '../execution/errors.ts';
import type { Span } from './span.ts';

/**
 * A stream that the live view writes to: `process.stderr`, or one like it.
 *
 * @example
 * ```ts
 * import { AsyncScope, sleep } from 'async-tamer';
 * import { trace, type TerminalStream } from 'async-tamer/trace';
 *
 * const output: TerminalStream = { write: (text) => console.log(text.trim().replace(/\d+/g, 'n')) };
 * const scope = new AsyncScope({ name: 'page' });
 * trace(scope).terminal(output);
 * scope.start(sleep(10));
 * await scope.close();
 * // => n ms: n running
 * // => page: n child, n succeeded, in n ms
 * ```
 */
export interface TerminalStream {
  /** Takes text. */
  write(text: string): unknown;
  /** Whether lines can be written over. Otherwise the view writes a line now and then. */
  readonly isTTY?: boolean | undefined;
  /** How many cells a line has. Default: 80. */
  readonly columns?: number | undefined;
  /** How many lines it shows. Default: 24. */
  readonly rows?: number | undefined;
  /** Whether it shows colours, if that is known. */
  hasColors?(): boolean;
}

/**
 * The options of the live view.
 *
 * @example
 * ```ts
 * import { AsyncScope, sleep } from 'async-tamer';
 * import { trace, type TerminalOptions } from 'async-tamer/trace';
 *
 * const calm: TerminalOptions = { interval: 500, colors: false };
 * const scope = new AsyncScope();
 * const shown = trace(scope).terminal({ isTTY: true, write: () => {} }, calm);
 * scope.start(sleep(10));
 * await scope.close();
 * console.log(shown.closed);
 * // => true
 * ```
 */
export interface TerminalOptions {
  /** How many ms are between two frames. Default: 100; 1000 if lines cannot be written over. */
  readonly interval?: number | undefined;
  /** Whether the view uses colours. Default: as the stream says. */
  readonly colors?: boolean | undefined;
}

const known = ['interval', 'colors'] satisfies readonly (keyof TerminalOptions)[];

/** Checks the options. Throws a `TypeError` for a wrong one. */
export function checkTerminalOptions(options: TerminalOptions, entry: unknown): void {
  checkOptions('terminal()', options, known, entry);
  const { interval, colors = true } = options;
  if (interval !== undefined && !(typeof interval === 'number' && interval >= 0 && interval <= LONGEST)) {
    const what = `The option "interval" is a time in ms, from 0 to ${LONGEST}, but got ${quote(interval)}.`;
    throw startStackAt(new TypeError(what), entry);
  }
  if (typeof colors !== 'boolean') {
    const what = `The option "colors" is true or false, but got ${quote(colors)}.`;
    throw startStackAt(new TypeError(what), entry);
  }
}

/** Throws a `TypeError` unless text can be written to it. */
export function checkStream(stream: unknown, entry: unknown): void {
  if (typeof (Object(stream) as Partial<TerminalStream>).write !== 'function') {
    const what = `terminal() takes a stream to write to, such as process.stderr, but got ${quote(stream)}.`;
    throw startStackAt(new TypeError(what), entry);
  }
}

/** The longest that a timer of Node or a browser keeps: more would fire at once. */
const LONGEST = 2 ** 31 - 1;

/** The view that is shown live. */
export interface View {
  /** Shows a failure, with the next frame. */
  failed(child: Span): void;
  /** Shows the present state. */
  draw(): void;
  /** Shows the last state, for good. */
  end(): void;
  /** Removes everything that was not for good. */
  clear(): void;
}
