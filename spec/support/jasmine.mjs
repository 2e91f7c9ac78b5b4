import './ts-node.mjs';

// When garbage is collected is nobody's promise: a scope that one spec drops must not report into another. What is dropped
// is specified in processes of its own.
globalThis.FinalizationRegistry = class {
  register() {}
  unregister() {}
};

const { filesOfNode } = await import('./browser/groups.ts');
const { rules } = await import('./rules.ts');
const { Specification } = await import('./specification.ts');

export default {
  spec_dir: '.',
  helpers: ['spec/support/time-limit.ts'],
  spec_files: filesOfNode(),
  reporters: [new Specification({ name: 'jasmine', command: 'npm run specs --' })],
  defaultReporter: { print() {} }, // prints nothing beside it
  env: rules,
};
