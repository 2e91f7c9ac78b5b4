import { createServer, type AddressInfo, type Socket } from 'node:net';

import { Redis as Client } from 'ioredis';

import { RedisServer } from '../support/redis.ts';
import {
  AsyncScope,
  callers,
  describeWithOwnServer,
  failureOf,
  fleet,
  FleetError,
  fleetState,
  LEASE,
  newDiary,
  serveFleet,
  moduleNamed,
  sleep,
  startWorker,
  until,
  type Fleet,
  type Work,
  type WorkerProcess,
} from './kit.ts';

type Failure = InstanceType<typeof FleetError>;

/** Why a call could not be sent. On a busy machine, the time to send it may be over before the port has refused a connection. */
async function refusalOf(call: () => PromiseLike<unknown>): Promise<Failure> {
  let failure: Failure;
  do {
    failure = (await failureOf(call())) as Failure;
  } while (failure.code === 'send' && failure.cause === undefined);
  return failure;
}

describeWithOwnServer('The server of a fleet', () => {
  describe('that starts again', () => {
    let redis: RedisServer;
    let worker: WorkerProcess;
    let work: Fleet<Work>;

    beforeEach(async () => {
      redis = await RedisServer.start();
      worker = await startWorker(redis, { concurrency: 1 });
      work = callers(redis, { leaseMs: 4 * LEASE });
    });

    afterEach(async () => {
      await work[Symbol.asyncDispose]();
      await worker.destroy();
      await redis.end();
    });

    it('with its data, answers all: what ran, and what waited', async () => {
      const diary = newDiary();
      const running = work.held(diary.path).then((value) => value);
      await diary.has(/begun/);
      const waiting = work.add(1, 2).then((value) => value);
      await until(async () => (await fleetState(work)).queued === 1);

      await redis.kill();
      await redis.start();
      diary.add('go');

      expect(await running).toBe('held');
      expect(await waiting).toBe(3);
    });

    it('without, has their callers told', async () => {
      const diary = newDiary();
      const running = failureOf(work.held(diary.path)) as Promise<Failure>;
      await diary.has(/begun/);
      const waiting = failureOf(work.add(1, 2)) as Promise<Failure>;
      await until(async () => (await fleetState(work)).queued === 1);

      await redis.kill();
      redis.forget();
      await redis.start();

      expect((await running).code).toBe('gone');
      expect((await waiting).code).toBe('gone');
      diary.add('go');
      expect(await work.add(1, 2)).toBe(3);
    });
  });

  it('whose data is removed while it runs has callers told, too, and workers end what they ran', async () => {
    const redis = await RedisServer.start();
    const worker = await startWorker(redis, { concurrency: 1 });
    const work = callers(redis);
    const diary = newDiary();
    const running = failureOf(work.life(diary.path)) as Promise<Failure>;
    await diary.has(/begun/);
    const waiting = failureOf(work.add(1, 2)) as Promise<Failure>;
    await until(async () => (await fleetState(work)).queued === 1);

    await redis.clear();

    expect([(await running).code, (await waiting).code]).toEqual(['gone', 'gone']);
    await diary.has(/cleaned up/);
    expect(await work.add(1, 2)).toBe(3);
    await work[Symbol.asyncDispose]();
    await worker.end();
    await redis.end();
  });

  describe('that loses a single key', () => {
    let redis: RedisServer;
    let client: Client;
    let worker: WorkerProcess;
    let work: Fleet<Work>;

    beforeAll(async () => {
      redis = await RedisServer.start();
      client = new Client(redis.url);
      worker = await startWorker(redis, { concurrency: 1 });
      work = callers(redis);
    });

    afterAll(async () => {
      await work[Symbol.asyncDispose]();
      await worker.end();
      client.disconnect();
      await redis.end();
    });

    /** Removes the keys that are named like this, of which there are some. */
    async function lose(pattern: string): Promise<void> {
      expect(await client.del(await client.keys(pattern))).toBeGreaterThan(0);
    }

    it('an inbox, loses no call: the worker asks again whether it may begin', async () => {
      const stranger = callers(redis); // The worker asks whom it has not heard lately.
      await fleetState(stranger);

      await lose('bull::async-tamer:*:worker.*');

      expect(await stranger.add(1, 2)).toBe(3);
      await stranger[Symbol.asyncDispose]();
    });

    it('a call that runs, has its caller told, and the worker ends it', async () => {
      const diary = newDiary();
      const running = failureOf(work.life(diary.path)) as Promise<Failure>;
      await diary.has(/begun/);

      await lose('bull:work:*-*[0-9]');

      expect((await running).code).toBe('gone');
      await diary.has(/cleaned up/);
      expect(await work.add(1, 2)).toBe(3);
    });
  });

  it('is reached by options of ioredis, whatever they say of when to connect', async () => {
    const redis = await RedisServer.start();
    const { hostname: host, port } = new URL(redis.url);
    const connection = { host, port: Number(port), lazyConnect: true };
    const work = callers(redis, { connection });

    expect(await fleetState(work)).toEqual({ workers: 0, queued: 0, running: 0, failed: 0 });

    await work[Symbol.asyncDispose]();
    await redis.end();
  });

  describe('that is away', () => {
    it('fails a call within sendTimeout, and one that is under way within leaseMs', async () => {
      const redis = await RedisServer.start();
      const work = callers(redis, { leaseMs: 500 });
      const impatient = callers(redis, { sendTimeout: 1000 });
      const waiting = failureOf(work.add(1, 2)) as Promise<Failure>;
      await until(async () => (await fleetState(work)).queued === 1);

      await redis.kill();
      const failure = await refusalOf(() => impatient.add(1, 2));

      expect(failure).toBeInstanceOf(FleetError);
      expect(failure.code).toBe('send');
      expect(failure.message).toMatch(/could not be reached for 1000 ms, to call "add".*ECONNREFUSED/);
      expect((await waiting).code).toBe('lost');
      await impatient[Symbol.asyncDispose]();
      await work[Symbol.asyncDispose]();
      await redis.end();
    });

    it('for less than a lease loses nothing', async () => {
      const redis = await RedisServer.start();
      const worker = await startWorker(redis);
      const work = callers(redis);
      const diary = newDiary();
      const running = work.held(diary.path).then((value) => value);
      await diary.has(/begun/);

      redis.signal('SIGSTOP');
      const late = work.add(1, 2).then((value) => value);
      await sleep(LEASE / 3);
      redis.signal('SIGCONT');
      diary.add('go');

      expect([await running, await late]).toEqual(['held', 3]);
      expect(diary.lines()).toEqual(['begun', 'go', 'ended']);
      await work[Symbol.asyncDispose]();
      await worker.end();
      await redis.end();
    });

    it('lets calls be cancelled, and scopes and fleets be closed', async () => {
      const redis = await RedisServer.start();
      const work = callers(redis, { leaseMs: 500 });
      const scope = new AsyncScope();
      scope.start(work.add(1, 2));
      await until(async () => (await fleetState(work)).queued === 1);
      await redis.kill();
      const unsent = scope.start(work.add(1, 2));

      scope.cancel();
      await scope.close();
      await work[Symbol.asyncDispose]();

      expect(unsent.status).toBe('cancelled');
      await redis.end();
    });
  });

  describe('that is nowhere', () => {
    it('is not waited for by who asks for the state, or closes the fleet', async () => {
      const nowhere = fleet(moduleNamed('work'), { connection: 'redis://127.0.0.1:1', sendTimeout: 200 });

      const failure = await refusalOf(() => fleetState(nowhere));
      await nowhere[Symbol.asyncDispose]();

      expect(failure).toBeInstanceOf(FleetError);
      expect(failure.code).toBe('send');
      expect(failure.message).toMatch(/could not be reached for 200 ms, to call "fleetState".*ECONNREFUSED/);
    });

    it('does not keep a fleet open that is closed while it asks', async () => {
      const nowhere = fleet(moduleNamed('work'), { connection: 'redis://127.0.0.1:1' });
      const asked = failureOf(fleetState(nowhere));

      await nowhere[Symbol.asyncDispose]();

      expect(((await asked) as Failure).code).toBe('closed');
    });
  });

  describe('that will not do', () => {
    it('is refused at once, with what to change: it asks for a password', async () => {
      const redis = await RedisServer.start('--requirepass', 'secret');
      const work = callers(redis);

      const failures = [
        (await failureOf(work.add(1, 2))) as Failure,
        (await failureOf(serveFleet(moduleNamed('work'), { connection: redis.url }))) as Failure,
      ];

      for (const failure of failures) {
        expect(failure).toBeInstanceOf(FleetError);
        expect(failure.code).toBe('send');
        expect(failure.message).toMatch(/NOAUTH/);
      }
      await work[Symbol.asyncDispose]();
      await redis.end();
    });

    it('is refused at once, with what to change: it knows another password', async () => {
      const redis = await RedisServer.start('--requirepass', 'secret');
      const connection = redis.url.replace('//', '//:wrong@');
      const work = callers(redis, { connection });

      const failures = [
        (await failureOf(work.add(1, 2))) as Failure,
        (await failureOf(fleetState(work))) as Failure,
        (await failureOf(serveFleet(moduleNamed('work'), { connection }))) as Failure,
      ];

      for (const failure of failures) {
        expect(failure.code).toBe('send');
        expect(failure.message).toMatch(/refuses the connection: WRONGPASS/);
      }
      await work[Symbol.asyncDispose]();
      await redis.end();
    });

    it('is refused at once, with what to change: it is too old', async () => {
      const old = await startServer('6.0.16');
      const work = callers(old);

      const failures = [
        (await failureOf(work.add(1, 2))) as Failure,
        (await failureOf(serveFleet(moduleNamed('work'), { connection: old.url }))) as Failure,
      ];

      for (const failure of failures) {
        expect(failure.code).toBe('send');
        expect(failure.message).toBe(
          'The server is Redis 6.0.16. A fleet needs Redis from 6.2 on, or Valkey.',
        );
      }
      await work[Symbol.asyncDispose]();
      old.end();
    });

    it('is refused at once, with what to change: it drops data when its memory is full', async () => {
      const redis = await RedisServer.start('--maxmemory-policy', 'allkeys-lru');
      const work = callers(redis);

      const failures = [
        (await failureOf(work.add(1, 2))) as Failure,
        (await failureOf(serveFleet(moduleNamed('work'), { connection: redis.url }))) as Failure,
      ];

      for (const failure of failures) {
        expect(failure).toBeInstanceOf(FleetError);
        expect(failure.message).toMatch(/"maxmemory-policy" is "allkeys-lru".*Set it to "noeviction"/);
      }
      await work[Symbol.asyncDispose]();
      await redis.end();
    });
  });
});

/** A server of this version, as far as it tells. */
async function startServer(version: string): Promise<{ readonly url: string; end(): void }> {
  const info = `redis_version:${version}\r\n`;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('data', (data) => {
      for (const [, command = ''] of data.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)) {
        socket.write(/^info$/i.test(command) ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n');
      }
    });
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `redis://127.0.0.1:${port}`,
    end() {
      server.close();
      sockets.forEach((socket) => socket.destroy());
    },
  };
}
