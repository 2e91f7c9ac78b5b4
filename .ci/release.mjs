// Makes a version, which a workflow publishes once its tag has been pushed: npm run release -- 1.2.3
// For that workflow: --tagged v1.2.3 checks that the tag is that of what is checked out, --notes v1.2.3 prints what changed.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const usage = 'npm run release -- 1.2.3';
const unreleased = 'Unreleased';

const [first = '', second = ''] = process.argv.slice(2);
const problems = [];

if (first === '--tagged') {
  checkTagged(second);
} else if (first === '--notes') {
  console.log(notesOf(second.replace(/^v/, '')) ?? complain(`CHANGELOG.md has no section ${second}.`) ?? '');
} else {
  release(first);
}
process.exitCode = problems.length > 0 ? 1 : 0;

function release(version) {
  check(version);
  if (problems.length > 0) {
    return;
  }
  for (const script of ['test', 'test:packages']) {
    if (!runs(...npm('run', script))) {
      return;
    }
  }
  const notes = notesOf(unreleased);
  if (!runs(...npm('version', version, '--no-git-tag-version', '--allow-same-version'))) {
    return;
  }
  const day = new Date().toISOString().slice(0, 10);
  writeFileSync('CHANGELOG.md', changelog().replace(`## ${unreleased}\n`, `## ${version} (${day})\n`));
  const made =
    runs('git', 'add', 'CHANGELOG.md', 'package.json', 'package-lock.json') &&
    runs('git', 'commit', '--quiet', '--message', `Release ${version}`) &&
    // Lines that begin with "#" are headings here, and no comments.
    runs(
      'git',
      'tag',
      '--annotate',
      `v${version}`,
      '--cleanup=verbatim',
      '--message',
      `${version}\n\n${notes}`,
    );
  if (made) {
    console.log(`\nCommitted and tagged. To publish ${version}: git push --atomic origin main v${version}`);
    console.log(`To take it back instead: git tag --delete v${version} && git reset --hard HEAD~1`);
  }
}

/** All that stands in the way of a version, not only what comes first. */
function check(version) {
  const { version: current } = manifest();
  if (!/^\d+\.\d+\.\d+$/.test(version)) {
    complain(`A version is three numbers, not "${version}": ${usage}`);
  } else if (version.localeCompare(current, 'en', { numeric: true }) < 0) {
    complain(`package.json says ${current} already, which is newer than ${version}.`);
  }
  if (git('tag', '--list', `v${version}`) !== '') {
    complain(`There is a tag v${version} already.`);
  }
  const branch = git('branch', '--show-current');
  if (branch !== 'main') {
    complain(`Versions are made on the branch main; this is "${branch}".`);
  }
  if (git('status', '--porcelain') !== '') {
    complain('There are changes that are not committed. Commit or stash them: git status');
  }
  if (!notesOf(unreleased)) {
    complain(`CHANGELOG.md says nothing under "## ${unreleased}".`);
  }
  checkRepository();
}

function checkTagged(tag) {
  const { version } = manifest();
  if (tag !== `v${version}`) {
    complain(`The tag is ${tag}, and package.json says ${version}. A version is made by: ${usage}`);
  }
  if (!notesOf(version)) {
    complain(`CHANGELOG.md says nothing under "## ${version}".`);
  }
  checkRepository();
}

/** npm compares it to where the package comes from. */
function checkRepository() {
  if (!manifest().repository) {
    complain(
      'package.json has no "repository", without which npm refuses a provenance. Set it: ' +
        'npm pkg set repository.type=git repository.url=git+https://github.com/OWNER/NAME.git',
    );
  }
}

/** What stands in the changelog under the heading of a version; undefined if there is no such heading. */
function notesOf(version) {
  const sections = changelog().split(/^## /m);
  const section = sections.find((text) => text.split(/[ \n]/, 1)[0] === version);
  return section?.replace(/^.*\n/, '').trim();
}

function changelog() {
  return readFileSync('CHANGELOG.md', 'utf8');
}

function manifest() {
  return JSON.parse(readFileSync('package.json', 'utf8'));
}

function git(...args) {
  return spawnSync('git', args, { encoding: 'utf8' }).stdout?.trim() ?? '';
}

/** The command that runs npm: this program has been started by it. */
function npm(...args) {
  return [process.execPath, process.env['npm_execpath'] ?? fail(`Run it by npm: ${usage}`), ...args];
}

/** Runs a program; complains, and returns false, if it fails. */
function runs(program, ...args) {
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0) {
    complain(`Failed: ${[program, ...args].join(' ').split('\n')[0]}`);
  }
  return status === 0;
}

function complain(problem) {
  problems.push(problem);
  console.error(problem);
}

function fail(message) {
  throw new Error(message);
}
