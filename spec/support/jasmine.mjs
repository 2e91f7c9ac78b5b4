import './ts-node.mjs';
import { Specification } from './specification.mjs';

export default {
  spec_dir: 'spec',
  spec_files: ['**/*.spec.ts'],
  reporters: [new Specification()],
  defaultReporter: { print() {} }, // prints nothing beside it
  env: {
    random: true,
    failSpecWithNoExpectations: true,
    forbidDuplicateNames: true,
  },
};
