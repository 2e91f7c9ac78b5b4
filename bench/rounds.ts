import { programOf } from '../spec/support/nodes.mjs';
import type { Options } from './options.ts';
import type { Question } from './question.ts';
import type { Measured } from './results.ts';
import { jobsOf, take, type Job } from './sample.ts';

interface Samples {
  readonly job: Job;
  readonly values: number[];
}

/**
 * Takes every sample of every round. The cases of a round alternate, so that what slows the machine down for a while slows all
 * of them; each round begins with another one.
 */
export async function measure(
  questions: readonly Question[],
  options: Options,
): Promise<ReadonlyMap<Question, readonly Measured[]>> {
  const programs = new Map(options.nodes.map((node) => [node, programOf(node)]));
  const jobs = jobsOf(questions, options);
  const samples = new Map<string, Samples>();
  const failed = new Set<string>();
  const end = performance.now() + options.mostMs;
  for (let round = 0; round < options.rounds; round++) {
    const first = Math.floor((round * jobs.length) / options.rounds);
    for (const [index, job] of [...jobs.slice(first), ...jobs.slice(0, first)].entries()) {
      const key = `${job.question.name}, ${job.label}, ${job.size}, Node ${job.node}`;
      if (failed.has(key) || performance.now() > end) {
        continue;
      }
      progress(`round ${round + 1} of ${options.rounds}, ${index + 1} of ${jobs.length}: ${key}`);
      try {
        const value = await take(job, programs.get(job.node) ?? '', options);
        samples.set(key, { job, values: [...(samples.get(key)?.values ?? []), value] });
      } catch (error) {
        failed.add(key);
        progress(`${key}: ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
  }
  progress('');
  if (performance.now() > end) {
    console.error(`After ${options.mostMs / 1000} s not all was measured: the machine is slow, or busy.`);
  }
  return byQuestion(questions, [...samples.values()], options);
}

function byQuestion(
  questions: readonly Question[],
  samples: readonly Samples[],
  options: Options,
): Map<Question, Measured[]> {
  const found = new Map<Question, Measured[]>(questions.map((question) => [question, []]));
  for (const { job, values } of samples) {
    const { question, label, size } = job;
    // What Python takes is measured once, and stands beside either Node.
    const nodes = question.cases[job.case]?.python === undefined ? [job.node] : options.nodes;
    for (const node of nodes) {
      found.get(question)?.push({ label, size, column: `Node ${node}`, samples: values });
    }
  }
  return found;
}

/** A line that the next one takes the place of, where there is a terminal; elsewhere only lines that stay. */
function progress(text: string): void {
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\u001b[K${text}`);
  } else if (text.endsWith('\n')) {
    process.stderr.write(text);
  }
}
