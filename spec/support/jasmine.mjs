import './ts-node.mjs';

export default {
  spec_dir: 'spec',
  spec_files: ['**/*.spec.ts'],
  env: {
    random: true,
    failSpecWithNoExpectations: true,
    forbidDuplicateNames: true,
  },
};
