const { sleep, synchronous, tamed } = require('async-tamer');

const coroutine = tamed(function* () {
  yield* sleep(1);
  return 'by a sync';
});
const foreign = tamed(async () => {
  await sleep(1);
  return 'by the event loop';
});

function block(call) {
  try {
    return call.block();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

console.log(block(coroutine()));
console.log(block(foreign()));
synchronous(() => block(foreign())).then(console.log);
