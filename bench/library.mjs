// The library as Node imports it, of the build that is measured.
import { moduleOf } from './dist.mjs';

export const { AsyncScope, sleep, tamed } = await import(moduleOf('index.js'));
