// Type-ahead
import { concatMap, delay, from, of } from 'rxjs';
import { AsyncScope, latest, sleep, tamed } from 'async-tamer';

const search = tamed(function* search(text: string) {
  try {
    yield* sleep(200); // debounces: the next key cancels the call here
    console.log('asks for', text);
    yield* sleep(300); // the request
    return `found ${text}`;
  } finally {
    yield* sleep(50); // the old request says goodbye before the next one begins
  }
});

// In a page: fromEvent(input, 'input')
const keys = from(['r', 'rx', 'rxj', 'rxjs']).pipe(concatMap((text) => of(text).pipe(delay(120))));

const page = new AsyncScope({ name: 'page' });
page.start(keys.pipe(latest(search))).subscribe((answer) => console.log(answer));
await page.close();
// => asks for rxjs
// => found rxjs
