// A process that makes calls, for specs that kill it. Its arguments: the connection, the lease, and each call as JSON.
import { AsyncScope, type TamedCall } from 'async-tamer';
import { fleet } from 'async-tamer/fleet';

const [connection = '', leaseMs = '', ...calls] = process.argv.slice(2);
const options = { connection, leaseMs: Number(leaseMs), name: 'work' };
const work: object = fleet(new URL('work.js', import.meta.url), options);
const scope = new AsyncScope();
for (const call of calls) {
  const [name, ...args] = JSON.parse(call) as [string, ...unknown[]];
  scope.start((work as Record<string, (...args: unknown[]) => TamedCall<unknown>>)[name]!(...args));
}
