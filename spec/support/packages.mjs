// The package in programs of others, those included that npm has to fetch something for: npm run test:packages
import config from './jasmine.mjs';
import { Specification } from './specification.mjs';

export default {
  ...config,
  spec_files: ['packages/*.spec.ts', 'packages/with-npm/*.ts'],
  reporters: [new Specification()],
};
