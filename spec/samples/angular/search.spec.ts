import { describeSample } from './visitor.ts';

const search = /^GET \/api\/birds\?/;
const profile = /^GET \/api\/birds\/hoopoe/;

describeSample('searching', (visitor) => {
  it('aborts the request for what is not wanted any longer, and shows what was found last', async () => {
    const { page, serverSide, visit, children } = visitor();
    const box = page.getByRole('searchbox', { name: 'Name, Latin name or habitat' });
    await visit('search');
    serverSide.hold();

    await box.fill('owl');
    await serverSide.untilHeld(search, 1);
    await box.fill('reed warb');
    await serverSide.until(() => serverSide.requests(search).length === 2);
    await serverSide.untilAborted(search, 1);
    serverSide.release();
    await page.getByRole('link', { name: 'Great reed warbler' }).waitFor();

    expect(serverSide.paths(search, 'aborted')).toEqual(['/api/birds?q=owl']);
    expect(serverSide.paths(search, 'finished')).toEqual(['/api/birds?q=reed%20warb']);
    expect(await page.getByRole('status').innerText()).toBe('2 birds');
    expect(await children('cleaned up').allInnerTexts()).toHaveSize(1);
    const aborted = page
      .locator('app-requests .row')
      .filter({ has: page.getByText('aborted', { exact: true }) });
    await aborted.filter({ hasText: 'GET birds?q=owl' }).waitFor();
  });

  it('asks for whatever was typed last, however it was typed', async () => {
    const { page, serverSide, visit } = visitor();
    await visit('search');

    await page.getByRole('searchbox').pressSequentially('kingfisher');
    await page.getByRole('link', { name: 'Kingfisher' }).waitFor();
    await page.getByRole('status').filter({ hasText: '1 bird' }).waitFor();
    await serverSide.until(() => serverSide.isIdle);

    expect(serverSide.requests(search).at(-1)?.path).toBe('/api/birds?q=kingfisher');
  });

  it('says so when the server fails, and asks again when told to', async () => {
    const { page, serverSide, visit } = visitor();
    await visit('search');
    serverSide.server.weather.change({ failurePercent: 100 });

    await page.getByRole('searchbox').fill('wren');
    await page.getByRole('alert').filter({ hasText: 'The server is in trouble.' }).waitFor();
    serverSide.server.weather.change({ failurePercent: 0 });
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('link', { name: 'Wren', exact: true }).waitFor();

    expect(serverSide.requests(search).map(({ status }) => status)).toEqual([503, 200]);
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('ends when the page is left', async () => {
    const { page, serverSide, visit } = visitor();
    await visit('search');
    serverSide.hold();

    await page.getByRole('searchbox').fill('owl');
    await serverSide.untilHeld(search, 1);
    await page.getByRole('link', { name: 'Report' }).click();
    await serverSide.until(() => serverSide.isIdle);

    expect(serverSide.paths(search, 'aborted')).toEqual(['/api/birds?q=owl']);
    await page.getByText('Nothing runs.').waitFor();
  });
});

describeSample('showing a bird', (visitor) => {
  it('asks for both of its parts at once, and aborts both when the page is left', async () => {
    const { page, serverSide, visit } = visitor();
    await visit('search');
    await page.getByRole('searchbox').fill('hoopoe');
    await page.getByRole('link', { name: 'Hoopoe' }).waitFor();
    serverSide.hold();

    await page.getByRole('link', { name: 'Hoopoe' }).click();
    await serverSide.untilHeld(profile, 2);
    await page.getByRole('link', { name: 'All birds' }).click();
    await serverSide.until(() => serverSide.isIdle);

    expect(serverSide.paths(profile, 'aborted').sort()).toEqual([
      '/api/birds/hoopoe',
      '/api/birds/hoopoe/sightings',
    ]);
    await page.getByText('Nothing runs.').waitFor();
  });

  it('shows it when both are there', async () => {
    const { page, visit } = visitor();
    await visit('birds/hoopoe');

    await page.getByRole('heading', { name: 'Hoopoe' }).waitFor();

    expect(
      await page.getByRole('list', { name: 'Seen in the last twelve weeks' }).getByRole('listitem').count(),
    ).toBe(12);
  });

  it('says so when there is no such bird, and does not ask again', async () => {
    const { page, serverSide, visit } = visitor();
    await visit('birds/dodo');

    await page.getByRole('alert').filter({ hasText: 'There is no bird "dodo".' }).waitFor();
    await serverSide.until(() => serverSide.isIdle);

    // For both of its parts there is no answer but this; the first one aborts the other, unless that has been answered, too.
    const asked = serverSide.requests(/dodo/);
    const answered = asked.filter(({ state }) => state === 'finished');
    expect(new Set(answered.map(({ status }) => status))).toEqual(new Set([404]));
    expect(new Set(asked.map(({ path }) => path))).toHaveSize(asked.length);
  });
});
