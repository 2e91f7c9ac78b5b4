import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { run, type Ended } from '../../support/child-process.ts';
import { root, scratch } from '../tarball.ts';

// In a repository of its own. Whether the tests of the library pass is not what is specified here.
describe('A version', () => {
  let folder: string;

  beforeEach(() => {
    folder = scratch('release');
    write('package.json', JSON.stringify({ name: 'p', version: '0.1.0', repository: 'o/n', scripts }));
    write(
      'package-lock.json',
      JSON.stringify({ name: 'p', version: '0.1.0', lockfileVersion: 3, packages: {} }),
    );
    write('CHANGELOG.md', '# Changelog\n\n## Unreleased\n\n### Added\n\n- All of it.\n');
    git('init', '--quiet', '--initial-branch=main');
    git('config', 'user.name', 'A. U. Thor');
    git('config', 'user.email', 'author@example.org');
    commit();
  });

  const scripts = { test: 'node -e 0', 'test:packages': 'node -e 0' };

  function write(name: string, content: string): void {
    writeFileSync(join(folder, name), content);
  }

  function git(...args: string[]): string {
    return execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
  }

  function commit(): void {
    git('add', '.');
    git('commit', '--quiet', '--message', 'Change something');
  }

  function release(version: string): Promise<Ended> {
    return run([join(root, '.ci/release.mjs'), version], { cwd: folder });
  }

  it('is one commit and a tag, with what it changes in the changelog and in the tag', async () => {
    const { code, stdout, stderr } = await release('0.1.0');

    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('git push --atomic origin main v0.1.0');
    expect(git('log', '--format=%s')).toBe('Release 0.1.0\nChange something');
    expect(git('status', '--porcelain')).toBe('');
    expect(readFileSync(join(folder, 'CHANGELOG.md'), 'utf8')).toMatch(/^## 0\.1\.0 \(\d{4}-\d\d-\d\d\)$/m);
    expect(git('tag', '--list', '--format=%(contents)', 'v0.1.0')).toBe('0.1.0\n\n### Added\n\n- All of it.');
  });

  it('is in package.json and in its lock', async () => {
    await release('0.2.0');

    expect(git('show', '--stat', '--format=')).toMatch(
      /CHANGELOG\.md .*package-lock\.json .*package\.json /s,
    );
    expect(JSON.parse(git('show', 'HEAD:package.json'))).toEqual(
      jasmine.objectContaining({ version: '0.2.0' }),
    );
  });

  it('is not made while anything stands in its way, and all of that is said', async () => {
    write('CHANGELOG.md', '# Changelog\n\n## Unreleased\n');
    write('package.json', JSON.stringify({ name: 'p', version: '0.3.0', scripts }));
    git('switch', '--quiet', '--create', 'other');
    git('tag', 'v0.2.0');

    const { code, stderr } = await release('0.2.0');

    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      jasmine.stringContaining('0.3.0 already'),
      jasmine.stringContaining('a tag v0.2.0 already'),
      jasmine.stringContaining('this is "other"'),
      jasmine.stringContaining('not committed'),
      jasmine.stringContaining('says nothing under "## Unreleased"'),
      jasmine.stringContaining('no "repository"'),
    ]);
    expect(git('log', '--format=%s')).toBe('Change something');
  });

  it('is not made if the tests fail', async () => {
    write(
      'package.json',
      JSON.stringify({
        name: 'p',
        version: '0.1.0',
        repository: 'o/n',
        scripts: { test: 'node -e "process.exit(1)"' },
      }),
    );
    commit();

    const { code } = await release('0.2.0');

    expect(code).toBe(1);
    expect(git('tag')).toBe('');
  });

  it('has three numbers', async () => {
    const { code, stderr } = await release('next');

    expect([code, stderr]).toEqual([1, jasmine.stringContaining('three numbers, not "next"')]);
  });
});
