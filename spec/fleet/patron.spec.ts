import type { Engine, Job } from '../../src/fleet/engine.ts';
import type { Letter, ToCaller } from '../../src/fleet/messages.ts';
import { checkServeOptions } from '../../src/fleet/options.ts';
import { Patron } from '../../src/fleet/patron.ts';
import { Patrons } from '../../src/fleet/patrons.ts';
import type * as Compiled from '../../src/fleet/server.ts';
import { library } from '../support/compile.ts';
import { moduleNamed, until } from './kit.ts';

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

describe('The callers that a worker knows', () => {
  const topics = (patrons: Patrons): string[] => [...patrons].map(({ topic }) => topic);
  const inLibrary = (name: string): Promise<unknown> => import(new URL(`fleet/${name}.cjs`, library).href);
  const silent = -1;
  let heard: Promise<number>;
  let lost: string[];
  let patrons: Patrons;

  beforeEach(() => {
    heard = Promise.resolve(1);
    lost = [];
    const engine = { send: () => heard } as unknown as Engine;
    patrons = new Patrons(
      'worker',
      engine,
      () => {},
      (topic) => lost.push(topic),
    );
  });

  it('are forgotten when nothing has been said for a while', async () => {
    const [a, b] = [patrons.of('a'), patrons.of('b')];
    a.tell(['again', '1', 1]);
    await patrons.empty();

    patrons.forget(a, silent);
    patrons.forget(b, 60_000);

    expect(topics(patrons)).toEqual(['b']);
    expect(patrons.of('b')).toBe(b);
    expect(patrons.of('a')).not.toBe(a);
    expect(lost).toEqual([]);
  });

  it('are kept while a letter is under way, and while one has not answered', async () => {
    const patron = patrons.of('a');
    const may = patron.ask('1', 1, 0);
    patrons.forget(patron, silent);
    const underWay = topics(patrons);
    await patrons.empty();
    patrons.forget(patron, silent);
    const unanswered = topics(patrons);

    patron.answered('1', 1, true);
    patrons.forget(patron, silent);

    expect([underWay, unanswered, topics(patrons)]).toEqual([['a'], ['a'], []]);
    expect(await may).toBeTrue();
  });

  it('are others once they are gone, and what happens to the old one does not happen to the new one', async () => {
    heard = Promise.resolve(0);
    const gone = patrons.of('a');
    gone.tell(['again', '1', 1]);
    await patrons.empty();
    const patron = patrons.of('a');

    gone.tell(['again', '1', 1]);
    await gone.empty();
    patrons.forget(gone, silent);

    expect(lost).toEqual(['a', 'a']);
    expect(topics(patrons)).toEqual(['a']);
    expect(patron).not.toBe(gone);
  });

  it('are forgotten by a worker itself when none of their calls runs', async () => {
    const letters: unknown[] = [];
    const engine = {
      ready: () => Promise.resolve(),
      hear: () => Promise.resolve(),
      serve: () => Promise.resolve({ pause: () => {}, close: () => Promise.resolve() }),
      send: (topic: string, { messages }: Letter<ToCaller>) => {
        letters.push([topic, ...messages.map(([kind]) => kind)]);
        return Promise.resolve(1);
      },
      close: () => Promise.resolve(),
    };
    const { href } = moduleNamed('work');
    const options = { connection: 'redis://nowhere', concurrency: 1, lockMs: 50 };
    const { Server } = (await inLibrary('server')) as typeof Compiled; // Its threads need the compiled library.
    const { Patrons: Known } = (await inLibrary('patrons')) as { readonly Patrons: typeof Patrons };
    const server = new Server(href, checkServeOptions(href, options), engine as unknown as Engine);
    const known = spyOn(Known.prototype, 'of').and.callThrough();
    await server.open();
    const order = { caller: 'a', args: '[]', lost: 'fail', leaseMs: 60_000 };
    const job = { id: '1', name: 'add', order, attempt: 2, lost: 1, hasAttemptsLeft: false };

    const verdict = await server.run(job as unknown as Job);
    const all = known.calls.mostRecent().object as Patrons;
    const before = topics(all);
    await until(() => topics(all).length === 0);
    (verdict as { stored(): void }).stored();
    await server.close();

    expect(before).toEqual(['a']);
    expect(letters).toEqual([['a', 'ended']]);
  });
});
