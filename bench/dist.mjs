import { existsSync } from 'node:fs';

/** The folder with the build that is measured, as a URL: dist, or that of another build, which "--against" names. */
export const dist = process.env['ASYNC_TAMER'] ?? new URL('../dist/', import.meta.url).href;

/** A module of it as Node imports that. A build without a folder for Node has it at its top. */
export function moduleOf(name) {
  const url = new URL(`node/${name}`, dist);
  return existsSync(url) ? url.href : new URL(name, dist).href;
}
