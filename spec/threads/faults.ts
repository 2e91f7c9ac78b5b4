// What specs run in threads, and goes wrong there.
import { Observable, of } from 'rxjs';

import { cleanup, ScopeError, sleep, tamed } from 'async-tamer';

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

export async function named(): Promise<never> {
  const details = { at: new Date(0), deep: [new TypeError('deep')] };
  throw Object.assign(new Error('named'), { name: 'MyError', details, socket: { open() {}, port: 80 } });
}

export function unreadable(): never {
  const error = new Error('unreadable');
  const get = (): never => {
    throw new RangeError('not now');
  };
  throw Object.defineProperty(error, 'late', { enumerable: true, get });
}

export function aggregate(): never {
  throw new AggregateError([new TypeError('one'), 'two'], 'both');
}

export function scopeError(): never {
  throw new ScopeError([new Error('of a scope')]);
}

export function circular(): never {
  const error = new Error('circular');
  error.cause = error;
  throw error;
}

/** An error that has so many causes, each the cause of the one before. */
export function caused(depth: number): never {
  let error = new Error('the first');
  for (let i = 1; i < depth; i++) {
    error = new Error(`after ${i}`, { cause: error });
  }
  throw error;
}

export function revoked(): never {
  const { proxy, revoke } = Proxy.revocable(new Error(), {});
  revoke();
  throw proxy;
}

export function nested(depth: number): unknown {
  let list: unknown = [];
  for (let i = 1; i < depth; i++) {
    list = [list];
  }
  return list;
}

export const nestedLater = (depth: number) => of(1, nested(depth), nested(depth), 2);

export const thenless = (): object =>
  Object.defineProperty({}, 'then', {
    get() {
      throw new RangeError('no then');
    },
  });

export function thrown(value: unknown): never {
  throw value;
}

export function thrownFunction(): never {
  const thrown: unknown = function faulty() {};
  throw thrown;
}

export function abort(): never {
  throw new DOMException('given up', 'AbortError');
}

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

export function exhaust(): never {
  const hoard: number[][] = [];
  for (;;) {
    hoard.push(new Array<number>(1000).fill(Math.random()));
  }
}

export async function exhaustLater(ms: number): Promise<never> {
  await sleep(ms);
  return exhaust();
}

/** Emits that it has begun, and then uses the processor for ever. */
export const spin = () =>
  new Observable<string>((subscriber) => {
    subscriber.next('begun');
    for (;;);
  });

/** Emits that it has begun, and then waits for what nobody can cancel. */
export async function* forever(): AsyncGenerator<string> {
  yield 'begun';
  await new Promise(() => {});
}

export const never = (): Promise<never> => new Promise(() => {});

export const closure = () => ({ items: [{ callback() {} }] });

class Empty {
  readonly #day = 1;
  get day(): number {
    return this.#day;
  }
}

export const empty = (): Empty => new Empty();

export const closures = () => of(1, () => {}, 2);

/** Emits that it has begun, and fails when it is cancelled. */
export async function* failingCleanup(): AsyncGenerator<string> {
  try {
    yield 'begun';
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
