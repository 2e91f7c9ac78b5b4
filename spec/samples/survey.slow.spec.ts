import { readFileSync } from 'node:fs';

import { run } from '../support/child-process.ts';

describe('The survey with npm start', () => {
  it('reads hundreds of packages: those of this project, none of which fails', async () => {
    const { stdout, code } = await run([...npmStart(), '--json', '--timeout', '300000'], {
      timeoutMs: 600_000,
    });

    const { counts, total } = JSON.parse(stdout) as Report;
    expect(code).toBe(0);
    expect(counts['found']).toBeGreaterThan(200);
    expect(counts).toEqual({
      found: counts['found']!,
      surveyed: counts['found']!,
      failed: 0,
      cutOff: 0,
      notReached: 0,
    });
    expect(total.files).toBeGreaterThan(1000);
  }, 630_000);
});

/** What the program prints with --json, as far as it is looked at here. */
interface Report {
  readonly counts: Readonly<Record<string, number>>;
  readonly total: { readonly files: number };
}

/** The arguments that "npm start" gives to Node. */
function npmStart(): string[] {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { scripts } = JSON.parse(manifest) as { scripts: { start: string } };
  return scripts.start.split(' ').slice(1);
}
