// What specs run in threads, and goes wrong there.
import { appendFileSync } from 'node:fs';

import { of } from 'rxjs';

import { cleanup, sleep, tamed, ScopeError } from 'async-tamer';

class HttpError extends TypeError {
  readonly status: number;
  readonly retry: () => void;

  constructor(status: number) {
    super(`HTTP ${status}`, { cause: new RangeError('too many', { cause: 'a string' }) });
    this.status = status;
    this.retry = () => {};
  }
}

export function http(status: number): never {
  throw new HttpError(status);
}

export const named = async (): Promise<never> => {
  throw Object.assign(new Error('named'), {
    name: 'MyError',
    details: { at: new Date(0), deep: [new Error('x')] },
  });
};

export const aggregate = (): never => {
  throw new AggregateError([new TypeError('one'), 'two'], 'both');
};

export const scopeError = (): never => {
  throw new ScopeError([new Error('of a scope')]);
};

export const circular = (): never => {
  const error = new Error('circular');
  error.cause = error;
  throw error;
};

export const thrown = (value: unknown): never => {
  throw value;
};

export const thrownFunction = (): never => {
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- anything may be thrown
  throw function faulty() {};
};

export const abort = (): never => {
  throw new DOMException('given up', 'AbortError');
};

export const exit = (code: number): never => process.exit(code);

export const crash = (): Promise<never> =>
  new Promise(() => {
    setTimeout(() => {
      throw new RangeError('uncaught');
    });
  });

export const reject = (): Promise<never> =>
  new Promise(() => {
    void Promise.reject(new RangeError('unhandled'));
  });

export const exhaust = (): never => {
  const hoard: number[][] = [];
  for (;;) {
    hoard.push(new Array<number>(1000).fill(Math.random()));
  }
};

export const spin = (file?: string): never => {
  if (file !== undefined) {
    appendFileSync(file, 'begun\n');
  }
  for (;;);
};

export const never = (): Promise<never> => new Promise(() => {});

export const closure = (): unknown => ({ items: [{ callback() {} }] });

export const closures = () => of(1, () => {}, 2);

export async function failingCleanup(file: string): Promise<void> {
  appendFileSync(file, 'begun\n');
  try {
    await sleep(60_000);
  } finally {
    throw new RangeError('cleanup failed');
  }
}

/** It succeeds, and what it leaves for cleanup fails. */
export const failingAfterwards = tamed(function* () {
  try {
    yield* sleep(1);
    return 'value';
  } finally {
    cleanup(Promise.reject(new RangeError('afterwards')));
  }
});
