module.exports = { testMatch: ['**/jest.test.mjs'], transform: {} };
