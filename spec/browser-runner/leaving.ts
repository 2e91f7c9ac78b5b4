describe('A spec', () => {
  it('leaves the page', async () => {
    location.reload();
    await new Promise(() => {});
  });
});
