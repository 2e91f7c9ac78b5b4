describe('Failing', () => {
  it('by an expectation', () => {
    expect(1).toBe(2);
  });

  it('by an error that nobody catches', async () => {
    setTimeout(() => {
      throw new Error('uncaught');
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(1).toBe(1);
  });

  it('by a rejection that nobody handles', async () => {
    void Promise.reject(new Error('unhandled'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(1).toBe(1);
  });

  it('without an expectation', () => {});
});
