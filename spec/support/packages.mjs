// The package in programs of others, those included for which npm has to fetch something: npm run test:packages
import config from './jasmine.mjs';

const { Specification } = await import('./specification.ts');

export default {
  ...config,
  spec_files: ['spec/packages/*.spec.ts', 'spec/packages/with-npm/*.ts'],
  reporters: [new Specification({ name: 'packages', command: 'npm run test:packages --' })],
};
