describe('A spec', () => {
  it('is never declared', () => expect(1).toBe(1));
});

throw new Error('while it was loaded');
