import { describeSample, tickUntil } from './visitor.ts';

const harbour = /^GET \/api\/stations\/harbour$/;
const lighthouse = /^GET \/api\/stations\/lighthouse$/;
const any = /^GET \/api\/stations/;

describeSample('watching stations', (visitor) => {
  it('reads each again and again, until the page is left', async () => {
    const { page, serverSide, asked, visitStopped } = visitor();
    await visitStopped('stations');
    const card = page.getByRole('listitem').filter({ hasText: 'Harbour wall' });
    await tickUntil(card.getByText('Reading 1'));
    await tickUntil(card.getByText('Reading 2'));

    await page.getByRole('link', { name: 'Search' }).click();
    await tickUntil(page.getByRole('heading', { name: 'Find a bird' }));
    await serverSide.until(() => serverSide.isIdle);
    const before = asked(any);
    await page.clock.runFor(60_000);

    expect(before).not.toBe(0);
    expect(asked(any)).toBe(before);
    await tickUntil(page.getByText('Nothing runs.'));
  });

  it('aborts what it reads when the page is left', async () => {
    const { page, serverSide, visit } = visitor();
    serverSide.holdAfter(/\/stations$/);
    await visit('stations');
    await serverSide.untilHeld(any, 4);

    await page.getByRole('link', { name: 'Search' }).click();
    await serverSide.until(() => serverSide.isIdle);

    expect(serverSide.paths(any, 'aborted').toSorted()).toEqual([
      '/api/stations/harbour',
      '/api/stations/lighthouse',
      '/api/stations/marsh',
      '/api/stations/wood',
    ]);
  });

  it('asks the one that fails again, later each time, while the others go on', async () => {
    const { page, serverSide, visitStopped } = visitor();
    await visitStopped('stations');
    const card = page.getByRole('listitem').filter({ hasText: 'Lighthouse' });

    for (const text of ['Try 2 after 0.25 s.', 'Try 3 after 0.5 s.', 'Reading 1']) {
      await tickUntil(card.getByText(text));
    }

    const statuses = (which: RegExp): number[] =>
      serverSide.requests(which).flatMap(({ status }) => status || []);
    expect(statuses(lighthouse).slice(0, 3)).toEqual([503, 503, 200]);
    expect(new Set(statuses(harbour))).toEqual(new Set([200]));
  });

  it('pauses, and goes on with what was known', async () => {
    const { page, serverSide, asked, visitStopped } = visitor();
    await visitStopped('stations');
    const card = page.getByRole('listitem').filter({ hasText: 'Harbour wall' });
    await tickUntil(card.getByText('Reading 1'));

    await page.getByRole('button', { name: 'Pause' }).click();
    await tickUntil(page.getByText('Nothing runs.'));
    await serverSide.until(() => serverSide.isIdle);
    const before = asked(any);
    await page.clock.runFor(60_000);
    const paused = asked(any);
    await page.getByRole('button', { name: 'Go on' }).click();
    await tickUntil(card.getByText('Reading 2'));

    expect(before).not.toBe(0);
    expect(paused).toBe(before);
  });
});
