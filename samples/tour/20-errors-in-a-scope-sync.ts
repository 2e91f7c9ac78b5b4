// Errors, in a synchronous scope: block() on a result throws its failure, and the caller has to handle it.
// Watch that the scope closes without an error: it throws only failures that no code has heard of.
// Run: node -r async-tamer/register samples/tour/20-errors-in-a-scope-sync.ts
import { AsyncScope, tamed } from 'async-tamer';

const faultyFunction = tamed(async () => {
  throw new Error('Oh no!');
});

{
  using scope = new AsyncScope();
  const result = scope.start(faultyFunction());

  try {
    result.block();
  } catch {
    console.log("Actually, I'm good.");
  }
}
console.log('closed');

// Output
// ------
//
// Actually, I'm good.
// closed
