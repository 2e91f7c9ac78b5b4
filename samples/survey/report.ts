// Prints the findings, for people and for machines. What to watch for: nothing of the library. It is called when the scopes have
// closed, so everything in the findings is final.
import { handles } from './files.ts';
import type { Findings, Row } from './findings.ts';
import type { Tally } from './package.ts';
import { printable } from './printable.ts';
import { table } from './table.ts';

/** How a survey went, apart from what it found. */
export interface Circumstances {
  readonly interrupted: boolean;
  readonly ms: number;
}

/** One document. Its fields are described in the --help of the program. */
export function asJson(findings: Findings, { interrupted, ms }: Circumstances): string {
  const { folder, found, surveyed, failed, cutOff, notReached, total, licences, copies } = findings;
  const document = {
    folder,
    interrupted,
    ms: Math.round(ms),
    counts: {
      found,
      surveyed: surveyed.length,
      failed: failed.length,
      cutOff: cutOff.length,
      notReached,
    },
    total,
    ...(copies.known && { copies: { files: copies.files, bytes: copies.bytes } }),
    licences: Object.fromEntries(licences),
    packages: surveyed.map(withoutOutcome),
    failed: failed.map(withoutOutcome),
    cutOff: cutOff.map(withoutOutcome),
    handles,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** Where it stands in the document says as much. */
function withoutOutcome(row: Row): object {
  return { ...row, outcome: undefined }; // JSON has no undefined.
}

/** Tables, and a summary. */
export function asText(findings: Findings, circumstances: Circumstances): string {
  const tables = [licences(findings), biggest(findings), failed(findings), cutOff(findings)];
  return [...tables, summary(findings, circumstances)].filter((part) => part !== '').join('\n');
}

function licences({ licences }: Findings): string {
  return table(
    [
      ['left', 'Licences'],
      ['right', 'packages'],
    ],
    [...licences].map(([licence, packages]) => [licence, number(packages)]),
  );
}

function biggest({ surveyed }: Findings): string {
  return table(
    [['left', 'Biggest packages'], ...TALLY],
    surveyed.slice(0, 10).map((row) => [`${row.path} ${row.version}`, ...tallyOf(row)]),
  );
}

function failed({ failed }: Findings): string {
  return table(
    [
      ['left', 'Failed'],
      ['left', ''],
    ],
    failed.map(({ path, error }) => [path, error]),
  );
}

function cutOff({ cutOff }: Findings): string {
  return table(
    [['left', 'Cut off after'], ...TALLY, ['left', '']],
    cutOff.map((row) => [row.path, ...tallyOf(row), row.reason]),
  );
}

const TALLY = [
  ['right', 'size'],
  ['right', 'files'],
  ['right', 'lines of code'],
] as const;

function tallyOf({ files, bytes, lines }: Readonly<Tally>): string[] {
  return [size(bytes), number(files), number(lines)];
}

function summary(findings: Findings, { interrupted, ms }: Circumstances): string {
  const { folder, found, surveyed, failed, cutOff, notReached, total, copies } = findings;
  if (found === 0) {
    return interrupted
      ? 'Interrupted while looking for packages.\n'
      : `No packages in ${printable(folder)}\n`;
  }
  const exceptions = [
    [failed.length, 'failed'],
    [cutOff.length, 'cut off'],
    [notReached, 'not reached'],
  ] as const;
  const but = exceptions.filter(([count]) => count > 0).map(([count, what]) => `${number(count)} ${what}`);
  const done = `${number(surveyed.length)} of ${number(found)} packages in ${(ms / 1000).toFixed(1)} s`;
  const copied = copies.known
    ? `${number(copies.files)} files are copies of others: ${size(copies.bytes)}.\n`
    : '';
  return `${interrupted ? 'Interrupted: ' : ''}${[done, ...but].join(', ')}.
${number(total.files)} files, ${size(total.bytes)}, ${number(total.lines)} lines of code.
${copied}${number(handles.opened)} files opened, ${number(handles.closed)} closed.
`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
