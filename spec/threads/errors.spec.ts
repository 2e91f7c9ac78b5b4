import { lastValueFrom, toArray } from 'rxjs';

import {
  EmptyError,
  failureOf,
  moduleNamed,
  ScopeError,
  ThreadError,
  thrownBy,
  threads,
  type Faults,
  type Threads,
} from './kit.ts';
import { nested } from './faults.ts';

interface Rich extends Error {
  readonly [property: string]: unknown;
}

/** About how many lists in each other overflow the stack of this thread when they are written: a tenth too many at most. */
function writableDepth(): number {
  let depth = 500;
  for (;;) {
    try {
      structuredClone(nested(depth));
      depth *= 1.1;
    } catch {
      return depth;
    }
  }
}

describe('An error in a thread', () => {
  let faults: Threads<Faults>;

  beforeAll(() => {
    faults = threads<Faults>(moduleNamed('faults'), { maxThreads: 1 });
  });

  afterAll(() => faults[Symbol.asyncDispose]());

  it('keeps its class, name, message, stack and own properties', async () => {
    const failure = (await failureOf(faults.http(429))) as Rich;

    expect(failure).toBeInstanceOf(TypeError);
    expect([failure.name, failure.message, failure['status']]).toEqual(['TypeError', 'HTTP 429', 429]);
    expect(failure.stack).toMatch(/^TypeError: HTTP 429\n.*\n? +at .*faults\.(?:js|ts)/);
  });

  it('keeps its cause, and the cause of that', async () => {
    const { cause } = await failureOf(faults.http(429));

    expect(cause).toBeInstanceOf(RangeError);
    expect((cause as Error).message).toBe('too many');
    expect((cause as Error).cause).toBe('a string');
  });

  it('hides from consoles what it hid there', async () => {
    const failure = await failureOf(faults.http(429));

    expect(Object.keys(failure)).toEqual(['status', 'retry']);
  });

  it('describes an own property that cannot be cloned', async () => {
    const failure = (await failureOf(faults.http(429))) as Rich;

    expect(failure['retry']).toMatch(/Function/);
  });

  it('keeps a name that it was given, and what is in its own properties, errors too', async () => {
    const failure = (await failureOf(faults.named())) as Rich;

    expect([failure.name, failure.message]).toEqual(['MyError', 'named']);
    expect(failure['details']).toEqual({ at: new Date(0), deep: [jasmine.any(TypeError)] });
    expect(failure['socket']).toEqual({ open: jasmine.stringMatching(/Function/), port: 80 });
  });

  it('tells what a property has thrown when it was read', async () => {
    const failure = (await failureOf(faults.unreadable())) as Rich;

    expect(failure['late']).toBe('[late cannot be read: RangeError: not now]');
  });

  it('keeps the errors of an AggregateError', async () => {
    const failure = await failureOf(faults.aggregate());

    expect(failure).toBeInstanceOf(AggregateError);
    expect((failure as AggregateError).errors).toEqual([new TypeError('one'), 'two']);
  });

  it('is one of this library again', async () => {
    const failure = await failureOf(faults.scopeError());

    expect(failure).toBeInstanceOf(ScopeError);
    expect(failure.message).toBe('1 async function failed:\n  Error: of a scope');
  });

  it('may be its own cause', async () => {
    const failure = await failureOf(faults.circular());

    expect(failure.cause).toBe(failure);
  });

  it('keeps many causes, but not thousands, which nothing could copy', async () => {
    for (const failure of [
      await failureOf(faults.caused(10_000)),
      thrownBy(() => faults.caused(10_000).block()),
    ]) {
      const messages: unknown[] = [];
      let each: unknown = failure;
      for (; each instanceof Error; each = each.cause) {
        messages.push(each.message);
      }
      expect(messages.length).toBe(100);
      expect(messages[99]).toBe('after 9900');
      expect(each).toMatch(/^Error: after 9899/);
    }
  });

  it('is described if it is a proxy that nobody can look at', async () => {
    expect((await failureOf(faults.revoked())) as unknown).toMatch(/Proxy/);
    expect(thrownBy(() => faults.revoked().block()) as unknown).toMatch(/Proxy/);
  });

  it('may come from a getter of what the function returns', async () => {
    expect((await failureOf(faults.thenless())).message).toBe('no then');
  });

  it('may be a DOMException', async () => {
    const failure = await failureOf(faults.abort());

    expect(failure).toBeInstanceOf(DOMException);
    expect([failure.name, failure.message]).toEqual(['AbortError', 'given up']);
  });

  it('may be anything else', async () => {
    const thrown = [];
    for (const value of ['text', 0, null, undefined, { code: 1 }]) {
      thrown.push(await failureOf(faults.thrown(value)));
    }

    expect(thrown as unknown[]).toEqual(['text', 0, null, undefined, { code: 1 }]);
  });

  it('is described if it is nothing that can be cloned', async () => {
    expect((await failureOf(faults.thrownFunction())) as unknown).toBe('[Function: faulty]');
  });

  it('is the same under block()', () => {
    const failure = thrownBy(() => faults.http(429).block()) as Rich;

    expect(failure).toBeInstanceOf(TypeError);
    expect([failure.message, failure['status']]).toEqual(['HTTP 429', 429]);
    expect((failure.cause as Error).message).toBe('too many');
  });

  describe('about what cannot be sent', () => {
    it('says which argument, and where in it', async () => {
      const untyped = faults.thrown as (...args: unknown[]) => PromiseLike<unknown>;

      const failures = [
        await failureOf(untyped(1, () => {})),
        await failureOf(untyped({ options: [{ onProgress() {} }] })),
        await failureOf(untyped(new Map([['key', Symbol('s')]]))),
        await failureOf(untyped(Promise.resolve())),
      ];

      expect(failures.every((failure) => failure instanceof TypeError)).toBeTrue();
      expect(failures.map(({ message }) => message.replace(/\. Pass.*/, ''))).toEqual([
        'Argument 2 of "thrown" cannot be sent to another thread: it is the function "(anonymous)"',
        'Argument 1 of "thrown" cannot be sent to another thread: at .options[0].onProgress is the function "onProgress"',
        'Argument 1 of "thrown" cannot be sent to another thread: at .values()[0] is Symbol(s) (symbol)',
        'Argument 1 of "thrown" cannot be sent to another thread: it is an object (Promise)',
      ]);
    });

    it('says of an object that would arrive empty that it would, and whose signal to take in the place of a signal', async () => {
      class Stamp {
        readonly #day = 1;
        get day(): number {
          return this.#day;
        }
      }

      const failures = [
        await failureOf(faults.thrown(AbortSignal.timeout(1))),
        await failureOf(faults.thrown({ url: 'x', options: { signal: new AbortController().signal } })),
        await failureOf(faults.thrown([new Stamp()])),
        await failureOf(faults.thrown(new Stamp())),
      ];

      expect(failures.every((failure) => failure instanceof TypeError)).toBeTrue();
      expect(failures.map(({ message }) => message.replace(/^.* another thread: | Pass.*/g, ''))).toEqual([
        'it is an object (AbortSignal), of which nothing would arrive. The function has a signal of its own there: "abortSignal()" of async-tamer. Cancelling the call aborts it.',
        'at .options.signal is an object (AbortSignal), of which nothing would arrive. The function has a signal of its own there: "abortSignal()" of async-tamer. Cancelling the call aborts it.',
        'at [0] is an object (Stamp), of which nothing would arrive.',
        'it is an object (Stamp), of which nothing would arrive.',
      ]);
      expect(thrownBy(() => faults.thrown(AbortSignal.timeout(1)).block()).message).toContain(
        'abortSignal()',
      );
    });

    it('says it, too, of what a function returns', async () => {
      expect((await failureOf(faults.empty())).message).toMatch(
        /^What "empty" returned or emitted cannot be sent to another thread: it is an object \(Empty\), of which nothing/,
      );
    });

    it('is not about an object of which something arrives, and calls no getter', async () => {
      let calls = 0;
      const argument = {
        point: new (class Point {
          x = 1;
        })(),
        parts: [new Map([['a', 1]]), new Set([1]), new Date(0), new Uint8Array(1), Object(1) as object],
        get computed() {
          calls++;
          return 1;
        },
      };

      await failureOf(faults.thrown(argument));

      expect(calls).toBe(1); // By structured clone.
    });

    it('says the same under block()', () => {
      const failure = thrownBy(() => faults.thrown({ callback() {} }).block());

      expect(failure).toBeInstanceOf(TypeError);
      expect(failure.message).toMatch(/^Argument 1 of "thrown" .* at \.callback is the function "callback"/);
    });

    it('says which function has returned it, and where in it', async () => {
      const failure = await failureOf(faults.closure());

      expect(failure).toBeInstanceOf(TypeError);
      expect(failure.message).toMatch(
        /^What "closure" returned or emitted cannot be sent to another thread: at \.items\[0\]\.callback is the function/,
      );
    });

    it('says that, too, under block()', () => {
      const failure = thrownBy(() => faults.closure().block());

      expect(failure.message).toMatch(/^What "closure" returned or emitted cannot be sent/);
    });

    it('comes after the values before it', async () => {
      const values: unknown[] = [];

      const failure = await failureOf(faults.closures().forEach((value) => values.push(value)));

      expect(values).toEqual([1]);
      expect(failure.message).toMatch(/^What "closures" returned or emitted cannot be sent/);
    });

    it('says of what is nested very deeply that it is', async () => {
      // In a thread, which has four times the stack, the first can be written, and not be read here, though reading takes less.
      for (const depth of [writableDepth() * 3, 1_000_000]) {
        const list = faults.nested(depth);

        for (const failure of [await failureOf(list), thrownBy(() => list.block())]) {
          expect(failure).toBeInstanceOf(TypeError);
          expect(failure.message).toBe(
            'What "nested" returned or emitted cannot be sent to another thread: it is nested too deeply to be copied. Make a list of its parts.',
          );
        }
      }
    });

    it('says it, too, of an argument, and of one of several values', async () => {
      const depth = writableDepth() * 3;

      const failure = await failureOf(faults.thrown(nested(depth)));
      const late = await failureOf(faults.nestedLater(depth));

      expect(failure.message).toMatch(/^Argument 1 of "thrown" .* it is nested too deeply/);
      expect(late.message).toMatch(/^What "nestedLater" returned or emitted .* it is nested too deeply/);
      expect((await failureOf(faults.thrown('runs'))) as unknown).toBe('runs');
    });

    it('ends a thread whose stack is too small to read an argument, and with it the call', async () => {
      const small = threads<Faults>(moduleNamed('faults'), { resourceLimits: { stackSizeMb: 0.4 } });
      const deep = nested(writableDepth() * 0.75);
      // So that its thread is there: a call that waits for one keeps a copy of its arguments, which takes more to write.
      await failureOf(small.thrown('warm'));

      for (const failure of [
        await failureOf(small.thrown(deep)),
        thrownBy(() => small.thrown(deep).block()),
      ]) {
        expect(failure).toBeInstanceOf(ThreadError);
        expect(failure.message).toBe(
          'The thread in which "thrown" ran has crashed: TypeError: It cannot read what was sent to it: it is nested too deeply for its stack. Make a list of its parts, or raise "stackSizeMb".',
        );
      }
      expect((await failureOf(small.thrown('runs'))) as unknown).toBe('runs');
      await small[Symbol.asyncDispose]();
    });

    it('leaves the thread as it was', async () => {
      await failureOf(faults.closure());

      expect(await lastValueFrom(faults.closures().pipe(toArray())).catch(() => 'runs')).toBe('runs');
    });
  });

  it('is RxJS’s EmptyError under block(), if there is no value', () => {
    const work = threads<{ none(): void }>(
      'data:text/javascript,export const none = () => ({ [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true }) }) })',
    );

    const failure = thrownBy(() => work.none().block());
    work[Symbol.dispose]();

    expect(failure).toBeInstanceOf(EmptyError);
  });
});
