// Errors, in a scope: the code that awaits the result gets the failure, and has to handle it.
// Watch that the scope closes without an error: it throws only failures that no code has heard of.
import { AsyncScope, tamed } from 'async-tamer';

const faultyFunction = tamed(async () => {
  throw new Error('Oh no!');
});

{
  await using scope = new AsyncScope();
  const result = scope.start(faultyFunction());

  try {
    await result;
  } catch {
    console.log("Actually, I'm good.");
  }

  // A failure cancels the other children all the same; errorMode 'continue' lets them run.
  console.log(`cancelled: ${String(scope.cancelled)}`);
}
console.log('closed');

// Output
// ------
//
// Actually, I'm good.
// cancelled: true
// closed
