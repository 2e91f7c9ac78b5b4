// Runs in a frame of its own, which has no access to the page: a program, and the timeline of its scopes, drawn while they live.
import * as rxjs from 'rxjs';
import { transform } from 'sucrase';
import * as library from 'async-tamer';
import * as tracing from 'async-tamer/trace';

import type { ToFrame, ToPage } from './messages.ts';
import { show } from './show.ts';

const REDRAWN_AFTER = 60; // ms

const recording = tracing.trace();
const scopes = new Set<library.AsyncScope>();

function tell(message: ToPage): void {
  window.parent.postMessage(message, '*');
}

/** Every scope of the program is recorded. */
const AsyncScope = new Proxy(library.AsyncScope, {
  construct(target, args, newTarget) {
    const scope = Reflect.construct(target, args, newTarget) as library.AsyncScope;
    record(scope);
    return scope;
  },
  get(target, key, receiver) {
    if (key !== 'run') {
      return Reflect.get(target, key, receiver) as unknown;
    }
    return function run(body: (scope: library.AsyncScope) => unknown, options?: library.AsyncScopeOptions) {
      const recorded = (scope: library.AsyncScope): unknown => {
        record(scope);
        return body(scope);
      };
      return target.run(typeof body === 'function' ? recorded : body, options);
    };
  },
});

function record(scope: library.AsyncScope): void {
  scopes.add(scope);
  recording.add(scope);
}

const modules: Readonly<Record<string, object>> = {
  rxjs,
  'async-tamer': { ...library, AsyncScope },
  'async-tamer/trace': tracing,
};

function load(name: string): object {
  const found = modules[name];
  if (found === undefined) {
    throw new Error(`The playground has no module "${name}". It has ${Object.keys(modules).join(', ')}.`);
  }
  return found;
}

async function run({ code, dark }: ToFrame): Promise<void> {
  document.documentElement.style.colorScheme = dark ? 'dark' : 'light';
  const begun = performance.now();
  const drawing = setInterval(() => draw(dark), REDRAWN_AFTER);
  try {
    const { code: script } = transform(code, {
      transforms: ['typescript', 'imports'],
      disableESTransforms: true,
      filePath: 'program.ts',
    });
    const program = new AsyncFunction('require', 'exports', script) as Program;
    await program(load, {});
  } catch (error) {
    print('error', [error]);
  }
  await Promise.all([...scopes].map(closed));
  clearInterval(drawing);
  draw(dark);
  tell({ type: 'ended', ms: Math.round(performance.now() - begun) });
}

type Program = (require: typeof load, exports: object) => Promise<void>;

const AsyncFunction = (async () => {}).constructor as new (...parts: string[]) => unknown;

/** When it has, or will not: a scope that the program leaves open keeps nothing waiting once nothing is in it. */
async function closed(scope: library.AsyncScope): Promise<void> {
  while (!scope.closed && scope.size > 0) {
    await new Promise((resolve) => setTimeout(resolve, REDRAWN_AFTER));
  }
}

function draw(dark: boolean): void {
  if (scopes.size > 0) {
    document.body.innerHTML = recording.svg({
      theme: dark ? 'dark' : 'light',
      width: Math.max(360, window.innerWidth),
    });
    tell({ type: 'height', height: document.body.scrollHeight });
  }
}

function print(level: 'log' | 'warn' | 'error', values: readonly unknown[]): void {
  tell({ type: 'print', level, text: values.map((value) => show(value)).join(' ') });
}

for (const level of ['log', 'warn', 'error'] as const) {
  console[level] = (...values: unknown[]) => print(level, values);
}
console.info = console.log;
window.addEventListener('error', ({ error }) => print('error', ['Uncaught', error]));
window.addEventListener('unhandledrejection', ({ reason }) =>
  print('error', ['Uncaught (in promise)', reason]),
);
window.addEventListener('message', ({ data }: MessageEvent<ToFrame>) => void run(data));
tell({ type: 'ready' });
