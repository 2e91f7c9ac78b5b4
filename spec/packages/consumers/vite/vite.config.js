// What to build, and into which folder, says spec/packages/bundlers.ts.
const { ENTRY: input = 'index.html', OUTPUT: outDir = 'dist', EXTERNAL: external = '' } = process.env;

export default {
  logLevel: 'warn',
  build: { outDir, rollupOptions: { input, external: external.split(',') } },
};
