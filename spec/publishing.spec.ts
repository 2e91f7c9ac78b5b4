import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';

import { run, type Ended } from './support/child-process.ts';
import { versions } from './support/nodes.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const files = readdirSync(join(root, '.github'), { encoding: 'utf8', recursive: true })
  .filter((name) => name.endsWith('.yml'))
  .map((name) => name.replaceAll('\\', '/'));
const workflows = files.filter((name) => name.startsWith('workflows/'));

function read(name: string): string {
  return readFileSync(join(root, '.github', name), 'utf8');
}

function parse<T>(name: string): T {
  return parseDocument(read(name)).toJS() as T;
}

describe('What is told to GitHub', () => {
  it('is YAML', () => {
    const mistakes = files.flatMap((name) => {
      const { errors, warnings } = parseDocument(read(name), { strict: true });
      return [...errors, ...warnings].map(({ message }) => `${name}: ${message}`);
    });

    expect(files.length).toBeGreaterThan(4);
    expect(mistakes).toEqual([]);
  });

  for (const name of workflows) {
    it(`runs scripts that there are, by ${name}`, () => {
      const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;

      const missing = [...read(name).matchAll(/npm run ([\w:]+)/g)]
        .map(([, script = '']) => script)
        .filter((script) => !(script in scripts));

      expect(missing).toEqual([]);
    });

    it(`lets no job of ${name} write but where it says so, nor run other people's code that may change with a branch`, () => {
      const { permissions, jobs } = parse<Workflow>(name);
      const actions = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []));

      expect(Object.values(permissions ?? { all: 'write' })).not.toContain('write');
      expect(actions.filter((action) => !/^actions\/[\w-]+@(?:v\d+|[0-9a-f]{40})$/.test(action))).toEqual([]);
    });
  }

  it('tests every Node with which the library is specified, and the oldest that it supports', () => {
    const { jobs } = parse<Workflow>('workflows/ci.yml');
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;

    const [oldest = ''] = /\d+\.\d+/.exec(engines.node) ?? [];

    expect(jobs['test']?.strategy?.matrix.node).toEqual([oldest, ...versions]);
  });

  it('keeps every package up to date that has dependencies', () => {
    const { updates } = parse<{ updates: readonly Update[] }>('dependabot.yml');
    const told = updates.flatMap(({ directories = [] }) => directories).flatMap(expand);

    expect(told.sort()).toEqual(packages('').sort());
  });
});

/** The folders that have a `package.json`, which npm has not put there. */
function packages(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  const nested = entries
    .filter((entry) => entry.isDirectory() && !/^(?:node_modules|reports|dist|\.git)$/.test(entry.name))
    .flatMap(({ name }) => packages(`${folder}/${name}`));
  const manifest = entries.some(({ name }) => name === 'package.json') ? [folder || '/'] : [];
  return [...manifest, ...nested];
}

function expand(path: string): string[] {
  const folder = path.replace(/\/\*$/, '');
  return path === folder
    ? [path]
    : readdirSync(join(root, folder)).flatMap((name) => packages(`${folder}/${name}`));
}

describe('A release', () => {
  const script = join(root, '.ci/release.mjs');
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'async-tamer-'));
    writeFileSync(
      join(folder, 'CHANGELOG.md'),
      '# Changelog\n\n## Unreleased\n\n- More.\n\n## 1.2.3 (2001-02-03)\n\n### Fixed\n\n- A bug.\n\n## 1.2.2 (2001-02-02)\n',
    );
    manifest({ version: '1.2.3', repository: 'https://example.org' });
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function manifest(content: object): void {
    writeFileSync(join(folder, 'package.json'), JSON.stringify(content));
  }

  function release(...args: string[]): Promise<Ended> {
    return run([script, ...args], { cwd: folder });
  }

  it('has what the changelog says as its notes', async () => {
    const { stdout, code } = await release('--notes', 'v1.2.3');

    expect([stdout, code]).toEqual(['### Fixed\n\n- A bug.\n', 0]);
  });

  it('is published if its tag is that of what is checked out, and the changelog says what it changes', async () => {
    const [right, other, empty] = [
      await release('--tagged', 'v1.2.3'),
      await release('--tagged', 'v1.2.4'),
      (manifest({ version: '1.2.2', repository: 'x' }), await release('--tagged', 'v1.2.2')),
    ];

    expect([right.code, right.stderr]).toEqual([0, '']);
    expect([other.code, other.stderr]).toEqual([1, jasmine.stringContaining('The tag is v1.2.4')]);
    expect([empty.code, empty.stderr]).toEqual([1, 'CHANGELOG.md says nothing under "## 1.2.2".\n']);
  });

  it('is refused where npm could not tell from where it comes', async () => {
    manifest({ version: '1.2.3' });

    const { code, stderr } = await release('--tagged', 'v1.2.3');

    expect([code, stderr]).toEqual([1, jasmine.stringContaining('npm pkg set repository')]);
  });
});

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
}

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Job {
  readonly steps: readonly { readonly uses?: string }[];
  readonly strategy?: { readonly matrix: { readonly node: readonly string[] } };
}

interface Update {
  readonly directories?: readonly string[];
}
