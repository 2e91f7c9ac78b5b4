describe('A spec (of "two")', () => {
  it("isn't green", () => expect(1).toBe(2));

  it('is green', () => expect(1).toBe(1));
});
