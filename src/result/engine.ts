/** Whether the engine made that function: `await`, and functions that take promises, pass one. */
export function isOfEngine(fn: unknown): boolean {
  return typeof fn === 'function' && Function.prototype.toString.call(fn).endsWith('{ [native code] }');
}

/** Whether `Promise.race` or `Promise.any` asks for a promise here. V8 shows its own functions on the stack. */
export function isInRace(): boolean {
  return /^\s*at (?:Function|Promise)\.(?:race|any) \(<anonymous>\)/m.test(new Error().stack ?? '');
}
