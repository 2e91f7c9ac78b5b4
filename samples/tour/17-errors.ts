// Errors, asynchronously: what a tamed function throws, its await throws.
// Watch that the call itself does not, although the function is not even asynchronous: nothing has run yet.
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
