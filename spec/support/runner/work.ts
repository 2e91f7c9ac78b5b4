import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

import { rules } from '../rules.ts';
import { cpuMs } from '../processes.mjs';
import { plain, type Message, type Told } from '../told.ts';
import { isLight } from './plan.ts';

/** What a process is to do. */
export interface Work {
  readonly files: readonly string[];
  /** A regular expression for the full names of specs. */
  readonly filter: string;
  readonly seed: string;
}

/** What it tells: what Jasmine does, and from which file that comes. */
export interface MessageOfFile extends Message {
  readonly file: string | undefined;
  /** How long the processor has worked since the message before, in ms: for this process, and for children that have ended. */
  readonly cpuMs: number;
}

/** The file descriptor of the pipe on which it tells. */
export const PIPE = 3;

interface Core {
  installGlobals(): void;
  readonly jasmine: { getEnv(): jasmine.Env };
}

export async function work({ files, filter, seed }: Work): Promise<void> {
  // Then those hear of it that end what specs have started, such as workers with a process group of their own.
  process.once('SIGTERM', () => process.exit(143));
  const core = createRequire(import.meta.url)('jasmine-core') as Core;
  core.installGlobals();
  await import('../time-limit.ts');
  if (files.every(isLight)) {
    await import('../clock.cjs');
  }
  const env = core.jasmine.getEnv();
  const wanted = new RegExp(filter);
  env.configure({ ...rules, seed, specFilter: (spec: jasmine.Spec) => wanted.test(spec.getFullName()) });
  env.addReporter(reporter(await load(env, files)));
  await env.execute();
  process.exit(); // Whatever a spec has left.
}

/** Imports the files. Returns of which each suite and each spec is that stands in no other suite, by its id. */
async function load(env: jasmine.Env, files: readonly string[]): Promise<Map<string, string>> {
  const fileOf = new Map<string, string>();
  for (const file of files) {
    try {
      await import(pathToFileURL(file).href);
    } catch (error) {
      const { message, stack } = error instanceof Error ? error : new Error(String(error));
      const failedExpectations = [{ message, stack: stack ?? '' }];
      tell('suiteDone', { fullName: file, failedExpectations }, file);
    }
    for (const { id } of env.topSuite().children) {
      if (!fileOf.has(id)) {
        fileOf.set(id, file);
      }
    }
    tell('loaded', {}, file);
  }
  return fileOf;
}

function reporter(fileOf: ReadonlyMap<string, string>): jasmine.CustomReporter {
  let file: string | undefined;
  const from = ({ id }: { readonly id: string }): string | undefined => (file = fileOf.get(id) ?? file);
  return {
    suiteStarted: (suite) => tell('suiteStarted', suite, from(suite)),
    specStarted: (spec) => tell('specStarted', spec, from(spec)),
    specDone: (spec) => tell('specDone', spec, from(spec)),
    suiteDone: (suite) => tell('suiteDone', suite, from(suite)),
    jasmineDone: (run) => tell('jasmineDone', run, undefined),
  };
}

/** Until the last message. */
let spentBefore = 0;

/** At once, so that the runner knows also of a spec that does not end, or ends the process; and by no handle that a spec could see. */
function tell(method: Message['method'], argument: Told, file: string | undefined): void {
  const spent = cpuMs();
  const message: MessageOfFile = { method, argument: plain(argument), file, cpuMs: spent - spentBefore };
  spentBefore = spent;
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(PIPE, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') {
        process.exit(1); // The runner is gone.
      }
    }
  }
}
