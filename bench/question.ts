import { readdirSync } from 'node:fs';

/** What a file in `questions` exports: what is measured, of what, and with how many. */
export interface Question {
  /** The name of its file. */
  readonly name: string;
  readonly title: string;
  /** What a figure is, such as 'µs a child'. */
  readonly unit: string;
  /** How a sample is taken: see measure.mjs. 'size' is computed once, and has no samples. */
  readonly kind: 'time' | 'heap' | 'held' | 'import' | 'size' | 'ratio';
  /** What a sample is measured by, whatever the run says. Default: what it says. */
  readonly clock?: 'wall';
  /** It needs a Redis or Valkey, of which main.ts looks for the program. */
  readonly server?: boolean;
  /** With how many. Default: one. */
  readonly sizes?: readonly number[];
  /** Those of a quick run. Default: the same. */
  readonly quickSizes?: readonly number[];
  /** The one of these that the chart shows. Default: one. */
  readonly chartSize?: number;
  /** How often a case is sampled in a round, where a sample says little. Default: 1. */
  readonly samplesPerRound?: number;
  /** The case that the ratios are to. */
  readonly base: string;
  readonly cases: Readonly<Record<string, Case>>;
}

export interface Case {
  /** Of this library; `--against` measures it a second time. */
  readonly own?: boolean;
  /** The largest size that ends in a sensible time, and why. */
  readonly most?: number;
  readonly why?: string;
  /** Measured by taskgroup.py, under this name. */
  readonly python?: string;
  /** Of `kind: 'size'`: its figures, by column. */
  readonly compute?: () => Promise<Readonly<Record<string, number>>>;
}

const folder = new URL('questions/', import.meta.url);

/** The names of all questions. */
export function questionNames(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.mjs'))
    .map((file) => file.replace(/\.mjs$/, ''));
}

/** Reads a question; its cases import what they need later, in the process that measures them. */
export async function readQuestion(name: string): Promise<Question> {
  const { question } = (await import(new URL(`${name}.mjs`, folder).href)) as { question: Question };
  return { ...question, name };
}
