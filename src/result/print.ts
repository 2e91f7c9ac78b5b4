import { nameOf } from '../execution/errors.ts';

/**
 * Node's key for the method by which an object prints itself, in `util.inspect` and so in `console.log`. Bun and Deno use it,
 * too.
 */
export const printed: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never; // A type of its own, for classes.

/** An object that prints itself. */
export type PrintArgs = readonly [
  /** How many levels below may be printed: a number below 0 allows not even this one. `null` allows all. */
  depth: number | null,
  options: { stylize(text: string, style: 'special'): string },
  inspect: (value: unknown, options: object) => string,
];

/** How the parts of an object are printed. */
export interface Printer {
  value(value: unknown): string;
  /** An object whose members are those of the printed thing. */
  members(value: object): string;
  /** A text that stands for a missing value, such as `<pending>`. */
  special(text: string): string;
}

/** Prints an object: its title alone where it is too deep in others. */
export function print(title: string, parts: (printer: Printer) => string, args: PrintArgs): string {
  const [depth, options, inspect] = args;
  const special = (text: string): string => options.stylize(text, 'special');
  if (depth !== null && depth < 0) {
    return special(`[${title}]`);
  }
  const inner = { ...options, depth: depth === null ? null : depth - 1 };
  return (
    title +
    parts({
      value: (value) => inspect(value, inner),
      members: (value) => inspect(value, { ...options, depth }),
      special: (text) => special(`<${text}>`),
    })
  );
}

/** A scope, as far as it is printed. */
interface Scope {
  readonly name: string;
  readonly closed: boolean;
  readonly cancelled: boolean;
  readonly children: Iterable<{ readonly id: number; readonly name: string; readonly state: string }>;
}

/** Prints the name of the scope, its state, and its children by what they do. */
export function printScope({ name, closed, cancelled, children }: Scope, printer: Printer): string {
  const byState: Record<string, Label[]> = {};
  for (const child of children) {
    (byState[child.state] ??= []).push(new Label(nameOf(child)));
  }
  const parts = [
    name === '' ? '' : ` ${JSON.stringify(name)}`,
    cancelled ? ` ${printer.special('cancelled')}` : '',
    closed ? ` ${printer.special('closed')}` : '',
    ` ${printer.members(byState)}`,
  ];
  return parts.join('');
}

/** Text that is printed without quotes. */
class Label {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  [printed](): string {
    return this.#text;
  }
}
