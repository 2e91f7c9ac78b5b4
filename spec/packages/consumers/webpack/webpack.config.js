export default { mode: 'production', entry: './main.mjs', performance: { hints: false } };
