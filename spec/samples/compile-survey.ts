import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { compile } from '../support/compile.ts';

const sources = new URL('../../samples/survey/', import.meta.url);

/** The program of the survey, compiled, beside its modules: so it starts sooner. */
export function compileSurvey(): URL {
  const files = readdirSync(sources).map((file) => fileURLToPath(new URL(file, sources)));
  const programs = compile('survey', new Map(files.map((file) => [file, readFileSync(file, 'utf8')])));
  return programs.get(fileURLToPath(new URL('main.ts', sources)))!;
}
