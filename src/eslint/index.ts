// The room `eslint`. It promises: what is wrong with a program that uses the library is told where it is written. It takes nothing from
// the rooms below, and no package at run time: the parser of typescript-eslint brings the types.

/**
 * Rules for ESLint, on the types of typescript-eslint: a call that nobody waits for, a `yield` without its star, a `catch` that
 * swallows a cancel, and a scope that nobody closes.
 *
 * @module async-tamer/eslint
 */

import { floatingCall } from './floating-call.ts';
import { openScope } from './open-scope.ts';
import { swallowedCancel } from './swallowed-cancel.ts';
import { yieldStar } from './yield-star.ts';

/**
 * The plugin, as a flat configuration takes it; {@link recommended} has it with all of its rules.
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
  /** How ESLint names it. */
  meta: { name: 'async-tamer' },
  /** The rules; each needs the types that the parser of typescript-eslint brings. */
  rules: {
    'floating-call': floatingCall as object,
    'open-scope': openScope as object,
    'swallowed-cancel': swallowedCancel as object,
    'yield-star': yieldStar as object,
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
  /** How ESLint's inspector shows it. */
  name: 'async-tamer/recommended',
  /** Where the rules apply: where there are types. */
  files: ['**/*.ts', '**/*.tsx', '**/*.mts', '**/*.cts'],
  /** The plugin, by the name that its rules have before them. */
  plugins: { 'async-tamer': plugin },
  /** All of its rules. */
  rules: {
    'async-tamer/floating-call': 'error',
    'async-tamer/open-scope': 'error',
    'async-tamer/swallowed-cancel': 'error',
    'async-tamer/yield-star': 'error',
  } as const,
};
