import { Redis as Client } from 'ioredis';

import { Redis, RedisServer } from './support/redis.ts';
import { describeWithOwnServer } from './support/worker-processes.ts';

describeWithOwnServer('The server that REDIS_URL names', () => {
  let server: RedisServer;

  beforeEach(async () => {
    server = await RedisServer.start('--databases', '4');
  });

  afterEach(() => server.end());

  async function inDatabase<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client(url);
    try {
      return await use(client);
    } finally {
      client.disconnect();
    }
  }

  it('gives specs a database each, in which they leave nothing', async () => {
    const [one, other] = [await Redis.start(server.url), await Redis.start(server.url)];
    await inDatabase(one.url, (client) => client.set('key', 'value'));

    expect([one.url, other.url]).toEqual([`${server.url}/1`, `${server.url}/2`]);
    await one.end();
    await other.end();
    expect(await inDatabase(server.url, (client) => client.info('keyspace'))).not.toContain('db');
  });

  it('keeps what others have put there', async () => {
    await inDatabase(`${server.url}/1`, (client) => client.set('key', 'of others'));

    const redis = await Redis.start(server.url);

    expect(redis.url).toBe(`${server.url}/2`);
    await redis.end();
    expect(await inDatabase(`${server.url}/1`, (client) => client.get('key'))).toBe('of others');
  });

  it('gives them one again that killed specs have left full', async () => {
    await inDatabase(`${server.url}/1`, (client) => client.mset('async-tamer-specs', '', 'key', 'left'));

    const redis = await Redis.start(server.url);

    expect(redis.url).toBe(`${server.url}/1`);
    expect(await inDatabase(redis.url, (client) => client.exists('key'))).toBe(0);
    await redis.end();
  });

  it('is refused if it has no empty database', async () => {
    const all = await Promise.all([1, 2, 3].map(() => Redis.start(server.url)));

    await expectAsync(Redis.start(server.url)).toBeRejectedWithError(/no database 4 .*Empty one/);
    await Promise.all(all.map((redis) => redis.end()));
  });

  it('is refused if it drops data when its memory is full, with what to change', async () => {
    await inDatabase(server.url, (client) => client.config('SET', 'maxmemory-policy', 'allkeys-lru'));

    await expectAsync(Redis.start(server.url)).toBeRejectedWithError(/"allkeys-lru".*Set it to "noeviction"/);
  });

  it('is refused if nobody answers there', async () => {
    await server.kill();

    await expectAsync(Redis.start(server.url)).toBeRejectedWithError(/REDIS_URL names.*ECONNREFUSED/);
  });
});
