describe('A spec', () => {
  it('ends the process', () => process.exit(7));
});
