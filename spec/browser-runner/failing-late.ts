jasmine.getEnv().addReporter({
  jasmineDone() {
    setTimeout(() => Promise.reject(new Error('late')), 10);
  },
});

describe('A spec', () => {
  it('passes', () => {
    expect(1).toBe(1);
  });
});
