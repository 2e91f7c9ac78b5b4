describe('A spec', () => {
  it('hangs', () => {
    for (;;);
  });
});
