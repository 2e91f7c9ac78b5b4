// The library as it is in dist; or another build of it, which "--against" names, to be compared with that.
export const { AsyncScope, sleep, tamed } = await import(
  process.env['ASYNC_TAMER'] ?? new URL('../dist/node/index.js', import.meta.url).href
);
