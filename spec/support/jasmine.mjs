import './ts-node.mjs';
import { Specification } from './specification.mjs';

// When garbage is collected is nobody's promise: a scope that one spec drops must not report into another. What is dropped
// is specified in processes of its own.
globalThis.FinalizationRegistry = class {
  register() {}
  unregister() {}
};

export default {
  spec_dir: 'spec',
  spec_files: ['**/*.spec.ts', '../samples/**/*.spec.ts'],
  reporters: [new Specification()],
  defaultReporter: { print() {} }, // prints nothing beside it
  env: {
    random: true,
    failSpecWithNoExpectations: true,
    forbidDuplicateNames: true,
  },
};
