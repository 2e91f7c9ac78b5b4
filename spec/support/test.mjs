// npm test [-- --verbose]: all that a change has to pass. What needs nothing of each other runs side by side; what each says is
// printed when it ends, and what failed says comes last.

import { compileAll } from './compile-all.mjs';
import { endWithNpm, onStop, ownNpm, startGroup } from './group.mjs';

/** How long a stage has, in ms, to end those that it has started. */
const patienceMs = 15_000;
const running = new Set();
const failures = [];
let over = false;

onStop(async (exitCode, signal) => {
  over = true;
  console.log(`\nEnded by ${signal}.`);
  await Promise.all(Array.from(running, (group) => group.stop(patienceMs)));
  process.exit(exitCode);
});

endWithNpm();

const options = process.argv.slice(2);
if (await stage('types')) {
  compileAll();
  const rules = stage('lint').then(() =>
    stage('specs:browser', ...options.filter((option) => !/^--(?:cpu|jobs)\b/.test(option))),
  );
  const specs = stage('build').then((built) => built && stage('specs', ...options));
  await Promise.all([rules, specs]);
}
for (const { title, output, again } of failures) {
  console.log(`\n${title}\n${output}\nThis stage again: ${again}`);
}
process.exitCode = failures.length > 0 ? 1 : 0;

/** Runs a script of package.json. Fulfils with whether it is content; with false, too, if all is over. */
async function stage(script, ...args) {
  if (over) {
    return false;
  }
  const start = performance.now();
  const { code, output } = await outcomeOf(['run', '--silent', script, '--', ...args]);
  if (over) {
    return false;
  }
  const title = `${code === 0 ? '✓' : '✗'} ${script} (${Math.round((performance.now() - start) / 1000)} s)`;
  if (code === 0) {
    console.log(`${title}\n${output}`);
  } else {
    failures.push({ title, output, again: `npm run ${script}` });
    console.log(`${title}: see below\n`);
  }
  return code === 0;
}

/** What npm says, and how it ends. */
async function outcomeOf(args) {
  const [program, ...before] = ownNpm();
  const group = startGroup(program, [...before, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(group);
  let output = '';
  for (const stream of [group.child.stdout, group.child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  }
  const code = await new Promise((resolve) => {
    group.child.once('error', (error) => resolve(((output += String(error)), 1)));
    group.child.once('close', (status) => resolve(status ?? 1));
  });
  running.delete(group);
  return { code, output };
}
