import { describeSample, tickUntil } from './visitor.ts';

const harbour = /^GET \/api\/stations\/harbour$/;
const lighthouse = /^GET \/api\/stations\/lighthouse$/;
const any = /^GET \/api\/stations/;

describeSample('watching stations', (visitor) => {
  /** Its timers are due when the spec says so, and a little earlier where the machine is slow: the clock ticks between that. */
  async function stopTheClock(): Promise<void> {
    await visitor().page.clock.install();
  }

  it('reads each again and again, until the page is left', async () => {
    const { page, serverSide, visit } = visitor();
    await stopTheClock();
    await visit('stations');
    await serverSide.until(() => serverSide.paths(harbour, 'finished').length === 1);
    await page.clock.runFor(2000);
    await serverSide.until(() => serverSide.paths(harbour, 'finished').length === 2);

    await page.getByRole('link', { name: 'Search' }).click();
    await page.getByRole('heading', { name: 'Find a bird' }).waitFor();
    await serverSide.until(() => serverSide.isIdle);
    const before = serverSide.requests(any).length;
    await page.clock.runFor(60_000);

    expect(serverSide.requests(any).length).toBe(before);
    await page.getByText('Nothing runs.').waitFor();
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
    const { page, serverSide, visit } = visitor();
    await stopTheClock();
    await visit('stations');
    const card = page.getByRole('listitem').filter({ hasText: 'Harbour wall' });
    await card.getByText('Reading 1').waitFor();

    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Nothing runs.').waitFor();
    await serverSide.until(() => serverSide.isIdle);
    const before = serverSide.requests(any).length;
    await page.clock.runFor(60_000);
    const paused = serverSide.requests(any).length;
    await page.getByRole('button', { name: 'Go on' }).click();
    await card.getByText('Reading 2').waitFor();

    expect(paused).toBe(before);
  });
});
