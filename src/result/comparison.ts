const identities = /* @__PURE__ */ new WeakMap<object, symbol>();

/** What is equal for the same object alone. */
export function identityOf(value: object): symbol {
  let identity = identities.get(value);
  if (identity === undefined) {
    identity = Symbol('identity');
    identities.set(value, identity);
  }
  return identity;
}

/**
 * Whether it was an equality look that made this error: `toEqual` of Jest and of Vitest iterates whatever can be iterated, before it
 * asks whether both are the same. Nothing but the name of their function tells it from a spread.
 */
export function isComparison({ stack }: Error): boolean {
  return stack?.includes('iterableEquality') === true;
}
