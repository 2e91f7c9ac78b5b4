// A process that does so many of the same, one after the other, as often as it is told.
import * as work from './work.mjs';

process.on('message', async ([name, count, ...args]) => {
  for (let index = 0; index < count; index++) {
    await work[name](...args);
  }
  process.send('done');
});
process.on('disconnect', () => process.exit());
process.send('ready');
