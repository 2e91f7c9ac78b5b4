// What to build, and into which folder, says spec/packages/bundlers.ts.
export default { mode: 'production', performance: { hints: false } };
