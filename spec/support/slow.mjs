// What takes long and protects little: npm run test:slow
import config from './jasmine.mjs';

const { Specification } = await import('./specification.ts');

export default {
  ...config,
  spec_files: ['spec/**/*.slow.spec.ts'],
  reporters: [new Specification({ name: 'slow', command: 'npm run test:slow --' })],
};
