// A link checker for Markdown, synchronous from its first line to its last, though it asks servers, many at a time.
// Watch check.ts: `using` waits where its block ends, and Ctrl-C cancels what is under way. One function waits by itself.
// Run: node -r async-tamer/register samples/sync-cli/main.ts README.md    (after npm run build; --help for more)
import { readFileSync } from 'node:fs';

import { check, type Verdict } from './check.ts';
import { linksIn, type Link } from './links.ts';
import { HELP, optionsFrom, UsageError, type Options } from './options.ts';

/** What is read, judged and printed; returns the exit code. */
function main(args: readonly string[]): number {
  const options = optionsFrom(args);
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const links = options.files.flatMap((file) => linksIn(read(file), file));
  const verdicts = check(links, options);
  process.stdout.write(options.json ? `${JSON.stringify(verdicts, null, 2)}\n` : textOf(verdicts, options));
  if (verdicts.some(({ state }) => state === 'not checked')) {
    return 130;
  }
  return verdicts.some(({ state }) => state === 'broken') ? 1 : 0;
}

function read(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new UsageError(`Cannot read ${file}: ${(error as Error).message}`);
  }
}

function textOf(verdicts: readonly Verdict[], { files }: Options): string {
  const count = (state: Verdict['state']): number =>
    verdicts.filter((verdict) => verdict.state === state).length;
  const lines = verdicts
    .filter(({ state }) => state === 'broken')
    .map(({ link, problem }) => `${placeOf(link)}  ${link.target}  ${problem}\n`);
  const cutOff = count('not checked');
  const rest = cutOff === 0 ? '' : `, ${cutOff} not checked (interrupted)`;
  return `${lines.join('')}${verdicts.length} links in ${files.length} files: ${count('fine')} fine, ${count('broken')} broken${rest}\n`;
}

function placeOf({ file, line }: Link): string {
  return `${file === '-' ? 'stdin' : file}:${line}`;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) {
    throw error;
  }
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
