// Errors, synchronously: if a tamed function throws, block() throws the same error, and "try" catches it, as in any other code.
// Watch that it is the same error object, although the function has waited in between.
// Run: node -r async-tamer/register samples/tour/18-errors-sync.ts
import { sleep, tamed } from 'async-tamer';

const ohNo = new Error('Oh no!');
const faultyFunction = tamed(async () => {
  await sleep(10);
  throw ohNo;
});

try {
  faultyFunction().block();
} catch (error) {
  console.log("Actually, I'm good.");
  console.log(error === ohNo);
}

// Output
// ------
//
// Actually, I'm good.
// true
