// The room `eslint`. It promises: mistakes in the use of the library are reported where the program has them. It takes nothing
// from the rooms below, and no package at run time: the parser of typescript-eslint brings the types.

/**
 * Rules for ESLint, on the types of typescript-eslint. They find a call that no code waits for, a `yield` without its star, a
 * `catch` that swallows a cancel, and a scope that is never closed.
 *
 * @module async-tamer/eslint
 */

import { floatingCall } from './floating-call.ts';
import { openScope } from './open-scope.ts';
import { swallowedCancel } from './swallowed-cancel.ts';
import { yieldStar } from './yield-star.ts';

/** What the types of ESLint and of typescript-eslint ask of a rule. So none of them is needed to read these declarations. */
function declared(rule: unknown): { create(context: unknown): Record<string, () => void> } {
  return rule as ReturnType<typeof declared>;
}

/**
 * The plugin for a flat configuration. {@link recommended} contains it with all of its rules.
 *
 * @example
 * ```ts
 * import { plugin } from 'async-tamer/eslint';
 *
 * console.log(Object.keys(plugin.rules).join(', '));
 * // => floating-call, open-scope, swallowed-cancel, yield-star
 * ```
 */
export const plugin = {
  /** The name of the plugin for ESLint. */
  meta: { name: 'async-tamer' },
  /** The rules. Each needs the types that the parser of typescript-eslint brings. */
  rules: {
    'floating-call': declared(floatingCall),
    'open-scope': declared(openScope),
    'swallowed-cancel': declared(swallowedCancel),
    'yield-star': declared(yieldStar),
  },
};

/**
 * A flat configuration with all rules, as errors, for files in TypeScript.
 *
 * @example
 * ```ts
 * import { recommended } from 'async-tamer/eslint';
 *
 * // eslint.config.js: export default defineConfig(tseslint.configs.recommendedTypeChecked, recommended);
 * console.log(recommended.rules['async-tamer/floating-call']);
 * // => error
 * ```
 */
export const recommended = {
  /** The name that ESLint's inspector shows. */
  name: 'async-tamer/recommended',
  /** The files to which the rules apply: those that have types. */
  files: ['**/*.ts', '**/*.tsx', '**/*.mts', '**/*.cts'],
  /** The plugin, under the name that stands in front of its rules. */
  plugins: { 'async-tamer': plugin },
  /** All of its rules. */
  rules: {
    'async-tamer/floating-call': 'error',
    'async-tamer/open-scope': 'error',
    'async-tamer/swallowed-cancel': 'error',
    'async-tamer/yield-star': 'error',
  } as const,
};
