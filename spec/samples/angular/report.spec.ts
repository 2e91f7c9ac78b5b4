import { describeSample } from './visitor.ts';

const take = /^POST \/api\/logbook/;
const read = /^GET \/api\/logbook/;
const giveBack = /^DELETE \/api\/logbook/;

describeSample('writing a report', (visitor) => {
  it('reads two pages at a time, shows them in order, and gives the logbook back', async () => {
    const { page, serverSide, visit } = visitor();
    serverSide.holdAfter(take);
    await visit('report');

    await page.getByRole('button', { name: 'Write the report' }).click();
    await serverSide.untilHeld(read, 2);
    serverSide.server.weather.change({ latencyMs: 20 });
    await page.getByRole('row', { name: 'October' }).waitFor();
    await serverSide.until(() => serverSide.paths(giveBack, 'finished').length === 1);

    expect(serverSide.peak(read)).toBe(2);
    expect(serverSide.server.logbook.taken).toBeFalse();
    expect(await page.getByRole('rowheader').allInnerTexts()).toEqual([
      'March',
      'April',
      'May',
      'June',
      'July',
      'August',
      'September',
      'October',
    ]);
  });

  it('ends when the page is left, and gives the logbook back all the same', async () => {
    const { page, serverSide, visit, children } = visitor();
    serverSide.holdAfter(take);
    await visit('report');
    await page.getByRole('button', { name: 'Write the report' }).click();
    await serverSide.untilHeld(read, 2);

    await page.getByRole('link', { name: 'Search' }).click();
    await page.getByRole('heading', { name: 'Find a bird' }).waitFor();
    await serverSide.untilAborted(read, 2);
    await serverSide.untilHeld(giveBack, 1);
    await children('cleaning up').filter({ hasText: 'write 1' }).waitFor();
    const takenMeanwhile = serverSide.server.logbook.taken;
    serverSide.release();
    await page.getByText('Nothing runs.').waitFor();

    expect(serverSide.paths(read, 'aborted').sort()).toEqual([
      '/api/logbook/pages/0',
      '/api/logbook/pages/1',
    ]);
    expect(serverSide.requests(read)).toHaveSize(2);
    expect(takenMeanwhile).toBeTrue();
    expect(serverSide.server.logbook.taken).toBeFalse();
  });

  it('waits for the logbook as long as somebody else has it', async () => {
    const { page, serverSide, visit } = visitor();
    await visit('report');
    serverSide.server.logbook.take('somebody else');

    await page.getByRole('button', { name: 'Write the report' }).click();
    await page.getByText('Waiting for the logbook…').waitFor();
    await serverSide.until(() => serverSide.requests(take).some(({ status }) => status === 503));
    serverSide.server.logbook.giveBack('somebody else');
    await page.getByRole('row', { name: 'October' }).waitFor();

    expect(serverSide.requests(take).at(-1)?.status).toBe(200);
  });

  it('is cancelled by its button, which stays until the logbook is given back', async () => {
    const { page, serverSide, visit } = visitor();
    serverSide.holdAfter(take);
    await visit('report');
    await page.getByRole('button', { name: 'Write the report' }).click();
    await serverSide.untilHeld(read, 2);

    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Giving the logbook back…').waitFor();
    const meanwhile = await page.getByRole('button', { name: 'Cancel' }).count();
    serverSide.release();
    await page.getByRole('button', { name: 'Write the report' }).waitFor();
    await serverSide.until(() => serverSide.isIdle);

    expect(meanwhile).toBe(1);
    expect(serverSide.server.logbook.taken).toBeFalse();
  });
});
