import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { run, type Ended, type Options } from './child-process.ts';
import { compile } from './compile.ts';
import { onlyWhere } from './runtime.ts';

/** A program for plain `node`. */
export interface Program extends Options {
  /** Its code. What {@link kit} defines is there. */
  readonly code: string;
  /** Its name, which tells what kind of module it is. Default: `main.cjs`. */
  readonly file?: 'main.cjs' | 'main.mjs';
  /** What it needs of the system. Default: that it hears signals, if `signals` are sent. */
  readonly needs?: 'signalsAreHeard';
  /** How to run it, given the path of its file. Default: by that alone. */
  readonly args?: (path: string) => readonly string[];
}

const kit = (names: string): string => `
${names}
const later = tamed(async (value, ms = 5) => { await sleep(ms); return value; });
const never = tamed(async () => { await new Promise(() => {}); });
const attempt = (code) => { try { return code(); } catch (error) { return error.name + ': ' + error.message; } };
const show = (place) => console.log(place, attempt(() => later('works').block()));
globalThis.kit = { later };
`;
const names = '{ AsyncScope, BlockingError, abortSignal, sleep, synchronous, tamed }';
const kits = {
  'main.cjs': kit(`const ${names} = require('async-tamer');`),
  'main.mjs': kit(`import ${names} from 'async-tamer';`),
};

/**
 * Makes a function that specifies how a program ends, as `it` does. The programs of one such function are run a few at a
 * time, from the first spec on: to start a process takes longer than what most of them do. A program that several specs are
 * about, the same object, is run once.
 */
export function programs(
  subject: string,
): (sentence: string, program: string | Program, expectation: (ended: Ended) => void) => void {
  const jobs: (() => Promise<Ended>)[] = [];
  let running = 0;
  const next = (): void => {
    for (; running < atOnce && jobs.length > 0; running++) {
      void jobs
        .shift()?.()
        .catch(() => {}) // Told by the spec.
        .then(() => {
          running--;
          next();
        });
    }
  };
  let count = 0;
  const shared = new Map<Program, () => Promise<Ended>>();
  return (sentence, program, expectation) => {
    const known: Program = typeof program === 'string' ? { code: program } : program;
    const { needs, ...rest } = known;
    let end = shared.get(known);
    if (end === undefined) {
      const folder = `node-blocking/${subject}-${++count}`;
      end = once(() => start(folder, rest));
      shared.set(known, end);
      jobs.push(end);
    }
    const run = end;
    const specify = (needs ?? rest.signals) ? onlyWhere.signalsAreHeard.it : it;
    specify(sentence, async () => {
      next();
      expectation(await run());
    });
  };
}

const atOnce = 3;

function start(folder: string, { code, file = 'main.cjs', args, ...options }: Program): Promise<Ended> {
  compile(folder, new Map());
  const target = new URL(`../../reports/programs/${folder}/`, import.meta.url);
  mkdirSync(target, { recursive: true });
  const path = fileURLToPath(new URL(file, target));
  writeFileSync(path, kits[file] + code);
  return run(args?.(path) ?? [path], options);
}

function once<T>(fn: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: fn() }).value;
}
