// Before the spec files, in Node and in a page.
import { limits } from './limits.ts';

jasmine.DEFAULT_TIMEOUT_INTERVAL = limits.spec;
