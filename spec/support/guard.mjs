// Ends what a runner has started, and removes its temporary files, if the runner itself cannot, since it was killed. The runner
// tells on stdin what there is: "+ group PID", "+ folder PATH"; with "-" in the place of "+" what there is no longer.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';

import { send } from './group.mjs';
import { killAllWith } from './processes.mjs';

/** How long those have who clean up when they are told to end, in ms: longer than the runner of specs gives to its own. */
const patienceMs = 8000;
const left = { group: new Set(), folder: new Set() };

for await (const line of createInterface(process.stdin)) {
  const [, sign, kind, name] = /^([+-]) (group|folder) (.*)$/.exec(line) ?? [];
  if (sign === '+') left[kind].add(name);
  else if (sign === '-') left[kind].delete(name);
}

const all = (signal) => [...left.group].map((pid) => send(Number(pid), signal)).some(Boolean);
all('SIGTERM');
for (const start = performance.now(); all(0) && performance.now() < start + patienceMs;) {
  await setTimeout(50);
}
all('SIGKILL');
for (const folder of left.folder) {
  killAllWith('TMPDIR', folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
