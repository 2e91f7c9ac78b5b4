import { AsyncScope, sleep } from 'async-tamer';
import { threads, transfer } from 'async-tamer/threads';
import { config, firstValueFrom, take } from 'rxjs';

config.onUnhandledError = ({ name, cause }) => console.log(`${name}, of ${cause.message}`);
const told = (error) => `${error.name}: ${error.message}`;

const work = threads(new URL('work.mjs', import.meta.url), { maxThreads: 2, graceMs: 100 });
const bytes = new ArrayBuffer(8);

console.log(await work.add(1, 2), await work.size(transfer(bytes)), bytes.byteLength);
console.log(await work.fail().catch(told));
console.log(await work.exit().catch(told));
console.log(await work.crash().catch(told));

const scope = new AsyncScope();
const last = scope.start(work.count().pipe(take(3)));
console.log(await last);
await Promise.all([work.clean(), work.spin()].map((call) => firstValueFrom(scope.start(call))));
scope.cancel();
await scope.close();

console.log(work.add(3, 4).block());
try {
  work.spin().block({ timeout: 300 });
} catch (error) {
  console.log(error.name);
}
try {
  work.crash().block();
} catch (error) {
  console.log(told(error));
}
console.log(work.slow(400).block(), await work.later());
await sleep(100);
await work[Symbol.asyncDispose]();
console.log('closed');
