import { Redis as Client } from 'ioredis';

import { Bus } from '../../src/fleet/bus.ts';
import { patience } from '../support/patience.ts';
import { Redis } from '../support/redis.ts';
import { describeWithServer, sleep, until } from './kit.ts';

/** In ms. A machine may stand still for some seconds, and a busy one for longer. */
const LEASE = patience(5000);

describeWithServer('The letters of a fleet', () => {
  let redis: Redis;
  let client: Client;
  const open: { end(): Promise<void> }[] = [];

  beforeAll(async () => {
    redis = await Redis.start();
    client = new Client(redis.url);
  });

  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.end()));
  });

  afterAll(async () => {
    client.disconnect();
    await redis.end();
  });

  /** A process that hears a topic, with what it has heard. */
  async function listener(
    topic: string,
    group?: string,
  ): Promise<{ readonly bus: Bus; readonly heard: unknown[]; readonly gaps: () => number }> {
    const own = new Client(redis.url);
    const heard: unknown[] = [];
    let gaps = 0;
    const bus = new Bus(
      own,
      'q',
      LEASE + 0.5,
      () => gaps++,
      () => {},
    );
    await bus.hear(topic, group, ({ messages }) => heard.push(...messages));
    open.push({
      async end() {
        await bus.close();
        own.disconnect();
      },
    });
    return { bus, heard, gaps: () => gaps };
  }

  it('come in the order in which they were sent', async () => {
    const { bus, heard } = await listener('a');

    const sent = Array.from({ length: 250 }, (_, index) => bus.send('a', { from: 'b', messages: [index] }));

    expect(new Set(await Promise.all(sent))).toEqual(new Set([1]));
    await until(() => heard.length === 250);
    expect(heard).toEqual(Array.from({ length: 250 }, (_, index) => index));
  });

  it('have no receiver who was never there, has closed, or has not renewed its lease', async () => {
    const sender = await listener('a');
    const { bus } = await listener('gone');
    await client
      .multi()
      .xadd('bull::async-tamer:q:dead', '*', 'open', '')
      .pexpire('bull::async-tamer:q:dead', 20)
      .exec();
    await until(async () => (await client.exists('bull::async-tamer:q:dead')) === 0);

    await bus.close();

    for (const topic of ['never', 'gone', 'dead']) {
      expect(await sender.bus.send(topic, { from: 'a', messages: [] })).toBe(0);
    }
  });

  it('go to all of a group that are there', async () => {
    const [one, two] = [await listener('one', 'all'), await listener('two', 'all')];
    await client.sadd('bull::async-tamer:q:all', 'killed');
    expect(await one.bus.count('all')).toBe(2);

    expect(await one.bus.sendToAll('all', { from: 'one', messages: ['hello'] })).toBe(2);

    await until(() => one.heard.length + two.heard.length === 2);
    await two.bus.close();
    expect(await one.bus.sendToAll('all', { from: 'one', messages: [] })).toBe(1);
    expect(await one.bus.count('all')).toBe(1);
    expect(await one.bus.count('none')).toBe(0);
  });

  it('are heard again after the inbox was lost, also if the clock of the server was set back', async () => {
    const { bus, heard, gaps } = await listener('a', 'all');
    const later = Date.now() + 3_600_000;
    await client.xadd('bull::async-tamer:q:a', `${later}-0`, 'letter', '{"from":"","messages":["late"]}');
    await until(() => heard.length === 1);

    await client.flushdb();
    await until(() => gaps() === 1);
    await bus.send('a', { from: 'a', messages: ['again'] });

    await until(() => heard.length === 2);
    expect(heard).toEqual(['late', 'again']);
    expect(await bus.sendToAll('all', { from: 'a', messages: [] })).toBe(1);
  });

  it('do not stay on the server once they are read', async () => {
    const { bus, heard } = await listener('a');
    const text = 'x'.repeat(100_000);

    for (let index = 0; index < 20; index++) {
      await bus.send('a', { from: 'a', messages: [text] });
    }

    await until(() => heard.length === 20);
    await until(async () => (await client.xlen('bull::async-tamer:q:a')) <= 1);
    expect(await bus.send('a', { from: 'a', messages: [] })).toBe(1);
  });

  it('are kept for a receiver whose lease another one renews', async () => {
    const { bus } = await listener('a');
    const key = 'bull::async-tamer:q:sleeper';
    const long = 10 * LEASE;
    await client.multi().xadd(key, '*', 'open', '').pexpire(key, long).exec();
    const isRenewed = async (): Promise<boolean> => (await client.pttl(key)) <= LEASE + 1;

    const release = bus.keep('sleeper');
    await until(isRenewed);
    await client.pexpire(key, long);
    await until(isRenewed);

    release();
    // By the connection that renews: a renewal that was under way is over when this is answered.
    expect(await bus.send('sleeper', { from: 'a', messages: [] })).toBe(1);
    await client.pexpire(key, long);
    await sleep(LEASE / 3);
    expect(await isRenewed()).toBe(false);
  });
});
