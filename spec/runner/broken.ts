describe('A spec', () => {
  it('does not count', () => expect(1).toBe(1));
});

throw new Error('while it was loaded');
