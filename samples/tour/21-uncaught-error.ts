// Errors that no code awaits: no failure is left behind, so the scope throws it when it closes.
// Watch how the program ends: with the failure, its line, and exit code 1.
import { AsyncScope, tamed } from 'async-tamer';

const faultyFunction = tamed(async () => {
  throw new Error('Oh no!');
});

{
  await using scope = new AsyncScope();
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
