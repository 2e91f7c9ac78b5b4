import { writeFileSync } from 'node:fs';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';

import {
  cells,
  failureOf,
  moduleNamed,
  release,
  threads,
  thrownBy,
  transfer,
  until,
  type Threads,
  type Work,
} from './kit.ts';

describe('transfer()', () => {
  let work: Threads<Work>;

  beforeAll(() => {
    work = threads<Work>(moduleNamed('work'), { maxThreads: 1 });
  });

  afterAll(() => work[Symbol.asyncDispose]());

  it('moves the buffer of a typed array, which is empty then', async () => {
    const bytes = new Uint8Array(1000);

    expect(await work.sizeOf(transfer(bytes))).toBe(1000);
    expect(bytes.length).toBe(0);
  });

  it('moves what a list says, wherever that is in the value', async () => {
    const bytes = new Uint8Array(1000);

    expect(await work.sizeOf(transfer([bytes] as const, [bytes.buffer]))).toBe(1000);
    expect(bytes.length).toBe(0);
  });

  it('moves nothing if the list is empty, or there is no mark', async () => {
    const bytes = new Uint8Array(1000);

    expect([await work.sizeOf(bytes), await work.sizeOf(transfer(bytes, []))]).toEqual([1000, 1000]);
    expect(bytes.length).toBe(1000);
  });

  it('moves under block(), too', () => {
    const bytes = new Uint8Array(1000);

    expect(work.sizeOf(transfer(bytes)).block()).toBe(1000);
    expect(bytes.length).toBe(0);
  });

  it('moves a port, over which the thread can talk', async () => {
    const { port1, port2 } = new MessageChannel();

    await work.send(transfer(port2), 'hello');

    expect(receiveMessageOnPort(port1)).toEqual({ message: 'hello' });
    port1.close();
  });

  it('moves when the call begins, though it has to wait for a thread', async () => {
    const gate = cells(2);
    const held = work.hold(gate, 1).then((id) => id);
    await until(() => gate[0] === 1);
    const bytes = new Uint8Array(1000);

    const size = work.sizeOf(transfer(bytes)).then((value) => value);
    const left = bytes.length;
    release(gate, 1);

    expect([await size, left]).toEqual([1000, 0]);
    await held;
  });

  it('moves what a function returns, and what it emits', async () => {
    writeFileSync(
      moduleNamed('mover'),
      `import { transfer } from 'async-tamer/threads';
       const sent = [];
       const make = (size) => { const bytes = new Uint8Array(size); sent.push(bytes); return transfer(bytes); };
       export const value = (size) => make(size);
       export async function* values() { yield make(1); yield make(2); }
       export const left = () => sent.map(({ length }) => length);`,
    );
    const mover = threads<{
      value(size: number): Uint8Array;
      values(): AsyncIterable<Uint8Array>;
      left(): number[];
    }>(moduleNamed('mover'), { maxThreads: 1 });

    const sizes = [(await mover.value(3)).length, (await mover.values()).length];

    expect(sizes).toEqual([3, 2]);
    expect(await mover.left()).toEqual([0, 0, 0]);
    expect([mover.value(4).block().length, mover.left().block()]).toEqual([4, [0]]);
    await mover[Symbol.asyncDispose]();
  });

  it('returns what it is given, and says nothing about others', () => {
    const bytes = new Uint8Array(1);

    expect(transfer(bytes)).toBe(bytes);
  });

  it('is refused for what has been moved before', async () => {
    const bytes = new Uint8Array(1000);
    const call = work.sizeOf(transfer(bytes));
    await call;

    const failures = [await failureOf(call), thrownBy(() => call.block())];

    for (const failure of failures) {
      expect(failure).toBeInstanceOf(TypeError);
      expect(failure.message).toMatch(
        /^Argument 1 of "sizeOf" cannot be sent to another thread: it has been moved/,
      );
    }
  });

  it('is refused by name for what cannot be moved', async () => {
    const call = work.echo(transfer({}, [new EventTarget()]));

    for (const failure of [await failureOf(call), thrownBy(() => call.block())]) {
      expect(failure).toBeInstanceOf(TypeError);
      expect(failure.message).toMatch(
        /^The arguments of "echo" cannot be sent to another thread: .*transfer/i,
      );
    }
  });

  it('is needed for a port: without it, the argument is refused by name', async () => {
    const { port1, port2 } = new MessageChannel();

    const failure = await failureOf(work.echo({ port: port2 }));
    port1.close();

    expect(failure.message).toMatch(/^Argument 1 of "echo" .* at \.port is a MessagePort\. .* transfer\(\)/);
  });

  it('is refused at once for plain data, which is never moved', () => {
    for (const value of [{ bytes: new Uint8Array(1) }, [new ArrayBuffer(1)], new Map(), Promise.resolve()]) {
      expect(() => transfer(value)).toThrowError(
        TypeError,
        /^transfer\(\) moves a buffer, a port or a stream, but got .*Write: transfer\(bytes\)/,
      );
    }
  });

  it('takes objects alone', () => {
    const call = transfer as (...args: unknown[]) => unknown;

    for (const args of [[1], [undefined], [{}, 1], [{}, [1]], [null]]) {
      expect(() => call(...args)).toThrowMatching(
        (error: Error) =>
          error instanceof TypeError &&
          /^transfer\(\) takes an object and an array of objects, but got/.test(error.message),
      );
    }
  });
});

describe('A SharedArrayBuffer', () => {
  it('is shared with the thread, as it is', async () => {
    const work = threads<Work>(moduleNamed('work'), { maxThreads: 1 });
    const shared = new SharedArrayBuffer(2);

    await work.fill(shared, 7);
    const filled = [...new Uint8Array(shared)];
    work.fill(shared, 8).block();

    expect([filled, [...new Uint8Array(shared)]]).toEqual([
      [7, 7],
      [8, 8],
    ]);
    await work[Symbol.asyncDispose]();
  });
});
