import type * as Rules from 'async-tamer/eslint';

export const outcome = 'floating-call, open-scope, swallowed-cancel, yield-star';

/** The rules, all of which the recommended configuration has. */
export async function exercise({ plugin, recommended }: typeof Rules): Promise<string> {
  const names = Object.keys(plugin.rules).filter((name) => `async-tamer/${name}` in recommended.rules);
  return Promise.resolve(names.join(', '));
}
