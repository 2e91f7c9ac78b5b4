import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

import house from './spec/support/house-rules.mjs';

const rxjsInternals = {
  regex: '^rxjs/(?!(?:testing|ajax|fetch|webSocket)$)',
  message: 'Import from "rxjs": everything else moves or goes with its next version.',
};

export default defineConfig(
  globalIgnores(['dist/', 'reports/', 'site/', 'samples/angular/dist/']),
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { house },
    extends: [js.configs.recommended],
    rules: {
      'house/reasons': 'error',
      'house/no-underscores': 'error',
      eqeqeq: 'error',
      'no-nested-ternary': 'error',
      'no-unused-expressions': 'error',
      'no-warning-comments': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: { process: 'readonly', URL: 'readonly', console: 'readonly', performance: 'readonly' },
    },
  },
  {
    // What is measured there runs on Node as it is, without a loader.
    files: ['bench/**/*.mjs'],
    languageOptions: {
      globals: { AbortController: 'readonly', setTimeout: 'readonly', setImmediate: 'readonly' },
    },
  },
  {
    // Programs for several runtimes.
    files: ['spec/packages/consumers/runtimes/*'],
    languageOptions: { globals: { console: 'readonly', setTimeout: 'readonly' } },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    // One program for all files: with the project service, each tsconfig.json has one, and the sources are checked in each.
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'house/no-private': 'error',
      'house/interface-names': 'error',
      'no-restricted-imports': ['error', { patterns: [rxjsInternals] }],
      'no-restricted-properties': [
        'error',
        ...['_subscribe', '_trySubscribe', '_finalizers', '_teardowns', 'lift'].map((property) => ({
          property,
          message: 'RxJS is used through its public names only.',
        })),
      ],

      // A call is cold: a statement that makes one and drops it has forgotten something. A result is hot.
      '@typescript-eslint/no-floating-promises': [
        'error',
        { checkThenables: true, allowForKnownSafePromises: [{ from: 'file', name: 'DelayedResult' }] },
      ],
      // A cast at a boundary is allowed, with a word why.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // There are no enums: erasableSyntaxOnly forbids them. To look for them takes four seconds.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      // What failed is passed on as it is, whatever it is.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true, allowRethrowing: true }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      // A callback may be written as the expression it evaluates.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-invalid-void-type': ['error', { allowAsThisParameter: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      // A method is also the mark at which the stack of its complaint begins.
      '@typescript-eslint/unbound-method': 'off',
      'max-lines': ['error', { max: 400, skipBlankLines: true }],
      'max-lines-per-function': ['error', { max: 40, skipComments: true }],
      'no-console': 'error',
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            rxjsInternals,
            {
              regex: '^node:',
              message: 'A browser has none: use process.getBuiltinModule, and go on without it.',
            },
          ],
        },
      ],
    },
  },
  {
    // What is not for browsers at all: threads are those of Node.
    files: ['src/{remote,threads,fleet}/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [rxjsInternals] }] },
  },
  {
    // Kinds of nodes are told by their names: the enum that has them, too, would be an import at run time.
    files: ['src/eslint/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'off',
    },
  },
  {
    files: ['spec/**/*.ts'],
    rules: {
      // Specs make calls and drop them, pass async functions to whoever takes any, and take methods apart.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          checkThenables: true,
          allowForKnownSafePromises: [{ from: 'file', name: ['DelayedResult', 'TamedCall'] }],
        },
      ],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false, checksSpreads: false }],
      // "await null" is a microtask.
      '@typescript-eslint/await-thenable': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      // What a finally block throws is what is specified.
      'no-unsafe-finally': 'off',
      'no-restricted-globals': [
        'error',
        ...['fit', 'fdescribe'].map((name) => ({ name, message: 'The other specs would not run.' })),
      ],
    },
  },
  {
    files: ['spec/**/*.ts', 'samples/**/*.ts'],
    rules: {
      // The shape of a function is the point there, not what is in it.
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/require-await': 'off',
      'require-yield': 'off',
    },
  },
);
