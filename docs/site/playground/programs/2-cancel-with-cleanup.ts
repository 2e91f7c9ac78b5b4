// Cancel, with cleanup
import { AsyncScope, sleep, tamed } from 'async-tamer';

const connection = tamed(function* connection(server: string) {
  try {
    for (let n = 1; ; n++) {
      yield* sleep(400);
      console.log(server, n);
    }
  } finally {
    console.log(server, 'says goodbye…');
    yield* sleep(500); // the scope waits for this
    console.log(server, 'is closed');
  }
});

const scope = new AsyncScope({ name: 'chat' });
scope.start(connection('red'), { name: 'red' });
scope.start(connection('blue'), { name: 'blue' });

await sleep(1000);
scope.cancel();
console.log('cancelled:', scope.size, 'still clean up');
await scope.close();
console.log('closed:', scope.size, 'left');
// => red 1
// => blue 1
// => red 2
// => blue 2
// => red says goodbye…
// => blue says goodbye…
// => cancelled: 2 still clean up
// => red is closed
// => blue is closed
// => closed: 0 left
