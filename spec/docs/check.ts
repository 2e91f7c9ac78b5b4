import { fileURLToPath } from 'node:url';

import { compile } from '../support/compile.ts';
import type { Example } from './example.ts';
import { errorsIn, exportsOfLibrary, type Exported } from './project.ts';
import { runAll, type Outcome } from './runner.ts';

const folder = new URL('../../reports/programs/examples/', import.meta.url);

/** What a reader would find out. */
export interface Findings {
  /** What is wrong with each example, or '': it does not compile, does not end well, or prints something else. */
  readonly problems: ReadonlyMap<Example, string>;
  /** What the library exports. */
  readonly exported: readonly Exported[];
}

export async function check(examples: readonly Example[]): Promise<Findings> {
  const paths = new Map(examples.map((example, index) => [example, pathOf(example, index)]));
  const files = new Map([...paths].map(([{ code }, path]) => [path, code]));
  if (files.size < paths.size) {
    throw new Error('Two examples are saved as files of the same name.');
  }
  const programs = compile('examples', files);
  const run = [...paths].filter(([{ saved }]) => saved === undefined).map(([, path]) => programs.get(path)!);
  const [errors, outcomes] = await Promise.all([errorsIn(folder, files), runAll(run)]);

  const problems = [...paths].map(([example, path]) => {
    const ran = example.saved === undefined ? problemsOf(example, outcomes.get(programs.get(path)!)) : [];
    const found = [...(errors.get(path) ?? []), ...ran];
    return [example, found.map((each) => `${example.file}:${example.line}: ${each}`).join('\n')] as const;
  });
  return { problems: new Map(problems), exported: exportsOfLibrary() };
}

/** Where the example stands in a reader's project, which need not exist. */
function pathOf({ file, line, saved }: Example, index: number): string {
  const name = file.replaceAll(/\W/g, '-');
  return fileURLToPath(new URL(saved ?? `${name}-${line}-${index}.ts`, folder));
}

export function problemsOf({ expected }: Example, outcome: Outcome | undefined): string[] {
  const { printed, problem } = outcome ?? { printed: '', problem: 'It did not run.' };
  const lines = printed === '' ? [] : printed.replace(/\n$/, '').split('\n');
  const asExpected = lines.join('\n') === expected.join('\n');
  return [
    ...(problem === '' ? [] : [problem]),
    ...(asExpected ? [] : [`It prints ${JSON.stringify(lines)}, and says ${JSON.stringify(expected)}.`]),
  ];
}
