// npm run test:often [-- --runs=NUMBER --busy=NUMBER] [-- PROGRAM ARGUMENT…]: runs `npm test`, or another command that takes
// `--seed=NUMBER`, again and again with other seeds, so that what is red by chance is seen, and counts. So many of the runs stand
// beside one process for each processor that keeps it busy. What a red run has said is kept.
import { randomInt } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

import { endWithNpm, onStop, ownNpm, startGroup } from './group.mjs';
import { cpuMs, tellsOfChildren } from './processes.mjs';

/** How long a run has, in ms, to end what it has started. */
const patienceMs = 20_000;
const folder = 'reports/often';
const { runs, busy, command } = wish();
const ended = [];
const running = new Set();
let over = false;

onStop(async (exitCode, signal) => {
  over = true;
  await Promise.all(Array.from(running, (group) => group.stop(patienceMs)));
  console.log(`Ended by ${signal}.`);
  sum();
  process.exit(exitCode);
});

endWithNpm();

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
while (ended.length < runs && !over) {
  await once();
}
if (!over) {
  sum();
  process.exitCode = ended.every(({ green }) => green) ? 0 : 1;
}

/** What is to be done; ends the process where that is not clear. */
function wish() {
  try {
    const { values, positionals } = parseArgs({
      options: { runs: { type: 'string', default: '10' }, busy: { type: 'string', default: '0' } },
      allowPositionals: true,
    });
    const number = (name, least) => {
      const value = Number(values[name]);
      if (!Number.isInteger(value) || value < least) {
        throw new TypeError(`--${name} is a whole number from ${least}, but got "${values[name]}".`);
      }
      return value;
    };
    const all = number('runs', 1);
    return { runs: all, busy: Math.min(all, number('busy', 0)), command: positionals };
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}

async function once() {
  const count = ended.length + 1;
  const seed = String(randomInt(100_000));
  // The busy ones first: they are red sooner.
  const beside = count <= busy ? Array.from({ length: availableParallelism() }, keepBusy) : [];
  const log = `${folder}/${count}-seed-${seed}.log`;
  const output = openSync(log, 'w');
  const [startMs, spentMs] = [performance.now(), cpuMs()];
  const code = await outcomeOf(start(seed, output));
  const seconds = (performance.now() - startMs) / 1000;
  // Before those beside it have ended, whose time would count, too.
  const cpu = (cpuMs() - spentMs) / 1000;
  closeSync(output);
  await Promise.all(beside.map((group) => (running.delete(group), group.stop(patienceMs))));
  if (over) {
    return;
  }
  const green = code === 0;
  ended.push({ green, seconds, cpu, busy: beside.length > 0 });
  const place = beside.length > 0 ? `, beside ${beside.length} busy processes` : '';
  const end = green ? '✓' : `✗ exit code ${code}: ${log}`;
  const spent = tellsOfChildren ? `, ${cpu.toFixed(0)} s of CPU` : '';
  console.log(`${count} of ${runs}, seed ${seed}, ${seconds.toFixed(0)} s${spent}${place} ${end}`);
  if (green) {
    rmSync(log);
  }
}

function keepBusy() {
  // The folder says whose they are.
  const group = startGroup(process.execPath, ['--eval', 'for (;;);', process.cwd()], { stdio: 'ignore' });
  running.add(group);
  return group;
}

function start(seed, output) {
  const [first, ...rest] = command.length > 0 ? command : ['npm', 'test', '--'];
  const [program, ...args] = [...(first === 'npm' ? ownNpm() : [first]), ...rest];
  const group = startGroup(program, [...args, `--seed=${seed}`], { stdio: ['ignore', output, output] });
  running.add(group);
  return group;
}

async function outcomeOf(group) {
  const code = await new Promise((resolve) => {
    group.child.once('error', ({ message }) => {
      console.error(`The command cannot be started: ${message}`);
      process.exit(1);
    });
    group.child.once('close', (status, signal) => resolve(status ?? signal));
  });
  running.delete(group);
  return code;
}

function sum() {
  const red = ended.filter(({ green }) => !green).length;
  const beside = ended.filter((run) => run.busy).length;
  console.log(`\nGreen: ${ended.length - red}, red: ${red}. Beside busy processes: ${beside}.`);
  if (ended.length > 0) {
    console.log(`A run took ${range('seconds')}${tellsOfChildren ? `, and ${range('cpu')} of CPU` : ''}.`);
  }
}

function range(name) {
  const values = ended.map((run) => run[name]).sort((one, other) => one - other);
  const [first, median, last] = [0, values.length >> 1, values.length - 1].map((at) => values[at].toFixed(0));
  return `${first} to ${last} s (median ${median} s)`;
}
