// Errors, asynchronously: if a tamed function throws, the await of its call throws the same error.
// Watch that the call itself does not throw, although the function is not even asynchronous: nothing has run yet.
import { tamed } from 'async-tamer';

const faultyFunction = tamed(() => {
  throw new Error('Oh no!');
});

const call = faultyFunction();
console.log('So far, so good.');

try {
  await call;
} catch {
  console.log("Actually, I'm good.");
}

// Output
// ------
//
// So far, so good.
// Actually, I'm good.
