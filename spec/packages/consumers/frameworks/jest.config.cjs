// As Jest and ts-jest are where nothing else is said: CommonJS.
module.exports = {
  testMatch: ['**/jest.test.ts'],
  transform: { '\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.json' }] },
};
