import type { Execution } from '../execution/execution.ts';
import type { Lifetime } from '../scope/lifetime.ts';
import { nameOf } from '../execution/errors.ts';
import type { NamedScope } from './roll.ts';

/** A thing that runs or cleans up, in words. */
export interface Running {
  readonly what: object;
  /** Its name and state. */
  readonly words: string;
  /** The function in it that waits for a promise, if one does; '' if that has no name. */
  readonly atPromise: string | undefined;
}

/** A call that belongs to no scope; undefined if it has ended. */
export function runningCall(call: Execution): Running | undefined {
  return call.isEnded() ? undefined : running(`the call ${quoted(call.name)}`.trimEnd(), call);
}

/**
 * Everything that runs in a scope: its children, its body if it is the scope of an `AsyncScope.run`, and the timer of its time
 * limit.
 */
export function runningIn({ children, body, triggers }: Lifetime): Running[] {
  const all: Running[] = [...(children ?? [])].map((child) =>
    child.execution === undefined
      ? { what: child, words: `${nameOf(child)} is ${child.state}`, atPromise: undefined }
      : running(`${nameOf(child)} is ${child.state}`, child.execution),
  );
  if (body?.isEnded() === false) {
    all.push(running('its body', body));
  }
  if (triggers?.ticking === true) {
    all.push({ what: triggers, words: 'the timer of its timeout', atPromise: undefined });
  }
  return all;
}

function running(title: string, execution: Execution): Running {
  const path = pathOf(execution);
  const last = path.at(-1) ?? execution;
  const names = path.map(({ name }) => name).filter((name) => name !== '');
  const within = names.slice(names[0] === execution.name ? 1 : 0).join(' › ');
  const at = last.atPromise ? [within, 'a promise'].filter((each) => each !== '').join(' › ') : within;
  return {
    what: execution,
    words: at === '' ? title : `${title}, at ${at}`,
    atPromise: last.atPromise ? (names.at(-1) ?? '') : undefined,
  };
}

/** The call, the call that it waits for, the call that that one waits for, and so on. */
function pathOf(execution: Execution): Execution[] {
  const path: Execution[] = [];
  for (let each: Execution | undefined = execution; each !== undefined; [each] = each.inner()) {
    path.push(each);
  }
  return path;
}

export function titleOf({ name }: NamedScope): string {
  return name === '' ? 'a scope' : `the scope ${quoted(name)}`;
}

export function quoted(name: string): string {
  return name === '' ? '' : `"${name}"`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
