// Errors that no code waits for, in a synchronous scope: the end of its block throws them.
// Watch how the program ends: with the failure, its line, and exit code 1, as after any uncaught error.
// Run: node -r async-tamer/register samples/tour/22-uncaught-error-sync.ts
import { AsyncScope, tamed } from 'async-tamer';

const faultyFunction = tamed(async () => {
  throw new Error('Oh no!');
});

{
  using scope = new AsyncScope();
  scope.start(faultyFunction());
}
console.log('never printed');

// Output (excerpt, exit code 1)
// -----------------------------
//
// ScopeError: 1 async function failed:
//   #1: Error: Oh no!
// [...]
//   [errors]: [
//     Error: Oh no!
// [...]
