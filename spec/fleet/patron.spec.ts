import type { Engine } from '../../src/fleet/engine.ts';
import type { Letter, ToCaller } from '../../src/fleet/messages.ts';
import { Patron } from '../../src/fleet/patron.ts';

const ASK = ['ask', '1', 1, 0];

/** A caller to whom letters go that these specs see. */
class Addressed {
  readonly messages: unknown[] = [];
  /** How many hear a letter. */
  heard: Promise<number> = Promise.resolve(1);
  readonly patron: Patron;

  constructor() {
    const engine = {
      send: (_topic: string, { messages }: Letter<ToCaller>) => {
        this.messages.push(...messages);
        return this.heard;
      },
    };
    this.patron = new Patron(
      'caller',
      'worker',
      engine as unknown as Engine,
      () => {},
      () => {},
    );
  }
}

describe('A worker of a fleet that asks whether a call may begin', () => {
  it('asks again if the server may have lost the question or its answer', async () => {
    const { patron, messages } = new Addressed();
    const may = patron.ask('1', 1, 0);
    await patron.empty();

    patron.askAgain();
    await patron.empty();
    patron.answered('1', 1, true);
    patron.answered('1', 1, true);

    expect(await may).toBeTrue();
    expect(messages).toEqual([ASK, ASK]);
  });

  it('is not idle while its letter is under way', async () => {
    const addressed = new Addressed();
    const { patron } = addressed;
    let arrive = (_heard: number): void => {};
    addressed.heard = new Promise((resolve) => (arrive = resolve));
    const before = patron.isIdle;
    void patron.ask('1', 1, 0);
    await Promise.resolve();
    const meanwhile = patron.isIdle;

    arrive(1);
    await patron.empty();

    expect([before, meanwhile, patron.isIdle]).toEqual([true, false, true]);
  });

  it('asks no more once it is answered, or the caller is gone', async () => {
    const addressed = new Addressed();
    const { patron, messages } = addressed;
    const first = patron.ask('1', 1, 0);
    await patron.empty();
    patron.answered('1', 1, false);
    addressed.heard = Promise.resolve(0);
    const second = patron.ask('2', 1, 0);
    await patron.empty();

    patron.askAgain();
    await patron.empty();

    expect([await first, await second]).toEqual([false, false]);
    expect(messages.length).toBe(2);
  });
});
