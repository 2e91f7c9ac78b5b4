const identities = /* @__PURE__ */ new WeakMap<object, symbol>();

/** A value that is equal to itself alone. */
export function identityOf(value: object): symbol {
  let identity = identities.get(value);
  if (identity === undefined) {
    identity = Symbol('identity');
    identities.set(value, identity);
  }
  return identity;
}

/**
 * Whether this error was made while a matcher compared: `toEqual` of Jest and of Vitest iterates everything that can be iterated,
 * before it asks whether both are the same object. Only the name of their function tells such a look from a spread.
 */
export function isComparison({ stack }: Error): boolean {
  return stack?.includes('iterableEquality') === true;
}
