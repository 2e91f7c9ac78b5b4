import { describeSample, tickUntil } from './visitor.ts';

const upload = /^(?:POST|PUT) \/api\/recordings\//;
const discard = /^DELETE \/api\/recordings\//;

describeSample('uploading', (visitor) => {
  /** Adds a dozen files, and begins to upload them, so many at once. */
  async function uploadDozen(atOnce: string): Promise<void> {
    const { page, visit } = visitor();
    await visit('upload');
    await page.getByRole('button', { name: 'Add a dozen samples' }).click();
    await page.getByRole('combobox', { name: 'At once' }).selectOption(atOnce);
    await page.getByRole('button', { name: 'Upload 12' }).click();
  }

  /** Adds a file of their own. */
  async function chooseFile(name: string, bytes: number): Promise<void> {
    const { page } = visitor();
    const file = { name, mimeType: 'audio/wav', buffer: Buffer.alloc(bytes) };
    await page.getByLabel('Recordings').setInputFiles(file);
  }

  it('sends all files, never more at once than it may', async () => {
    const { page, serverSide, children } = visitor();
    serverSide.hold();

    await uploadDozen('2');
    await serverSide.untilHeld(upload, 2);
    await children('running').nth(1).waitFor();
    await children('waiting').nth(9).waitFor();
    const running = await children('running').count();
    const waiting = await children('waiting').count();
    serverSide.server.weather.change({ latencyMs: 5 });
    await page.getByText('12 of 12 uploaded').waitFor();

    expect([running, waiting]).toEqual([2, 10]);
    expect(serverSide.peak(upload)).toBe(2);
    expect(serverSide.server.recordings.finished).toHaveSize(12);
    expect(serverSide.requests(discard)).toEqual([]);
    expect(await page.getByRole('progressbar', { name: 'wren.wav' }).getAttribute('value')).toBe('100');
  });

  it('sends what was chosen, whole, in parts', async () => {
    const { page, serverSide, visit } = visitor();
    await visit('upload');

    await chooseFile('dawn chorus.wav', 150 * 1024);
    await page.getByRole('button', { name: 'Upload 1' }).click();
    await page.getByText('1 of 1 uploaded').waitFor();

    expect(serverSide.server.recordings.finished).toEqual(['dawn chorus.wav']);
    expect(serverSide.requests(/^PUT .*offset=/).map(({ path }) => path.split('=')[1])).toEqual([
      '0',
      '65536',
      '131072',
    ]);
  });

  it('sends again what the server in trouble has not taken', async () => {
    const { page, serverSide, visit } = visitor();
    const failures = page.getByRole('slider', { name: 'Fails', disabled: false });
    await visit('upload');
    await chooseFile('owl.wav', 1000);

    // What the button sends could be there first, on another connection, so the answer to the slider is waited for.
    const told = page.waitForResponse((response) => response.request().method() === 'PUT');
    await Promise.all([told, failures.press('End')]);
    await page.getByText('Fails 100 % of the time').waitFor();
    await page.getByRole('button', { name: 'Upload 1' }).click();
    // From here on at once: after four retries it would give up, however long a key press takes.
    await serverSide.until(
      () => serverSide.requests(upload).filter(({ status }) => status === 503).length === 2,
    );
    serverSide.server.weather.change({ failurePercent: 0 });
    await page.getByText('1 of 1 uploaded').waitFor();

    const [path] = serverSide.requests(upload).map((request) => request.path);
    const statuses = serverSide
      .requests(upload)
      .filter((request) => request.path === path)
      .map(({ status }) => status);
    expect(statuses.filter((status) => status === 503).length).toBeGreaterThanOrEqual(2);
    expect(statuses.at(-1)).toBe(200);
    expect(serverSide.server.recordings.finished).toEqual(['owl.wav']);
  });

  it('gives up in the end, discards, and begins anew when told to', async () => {
    const { page, serverSide, visitStopped } = visitor();
    const button = page.getByRole('button', { name: 'Upload 1' });
    await visitStopped('upload');
    await chooseFile('owl.wav', 1000);
    await tickUntil(button);
    serverSide.server.weather.change({ failurePercent: 100 });

    await button.click();
    await tickUntil(page.getByText('0 of 1 uploaded, 1 failed'));
    const discarded = serverSide.requests(discard).map(({ status }) => status);
    serverSide.server.weather.change({ failurePercent: 0 });
    await button.click();
    await tickUntil(page.getByText('1 of 1 uploaded'));

    expect(discarded).toEqual([200]);
    expect(serverSide.requests(upload).filter(({ status }) => status === 503)).toHaveSize(5);
    expect(serverSide.server.recordings.finished).toEqual(['owl.wav']);
  });

  it('aborts what it sends when it is cancelled, drops the rest, and is over when all is discarded', async () => {
    const { page, serverSide, children } = visitor();
    serverSide.holdAfter(/offset=0$/);
    await uploadDozen('3');
    await serverSide.untilHeld(upload, 3);

    await page.getByRole('button', { name: 'Cancel' }).click();
    await serverSide.untilAborted(upload, 3);
    await serverSide.untilHeld(discard, 3);
    await children('cleaning up').nth(2).waitFor();
    const beforeDiscarded = await page.getByRole('button', { name: 'Cancel' }).count();
    serverSide.release();
    await page.getByRole('button', { name: 'Upload 12' }).waitFor();

    expect(beforeDiscarded).toBe(1);
    expect(serverSide.paths(upload, 'aborted')).toHaveSize(3);
    expect(serverSide.paths(discard, 'finished')).toHaveSize(3);
    expect(serverSide.server.recordings.unfinished).toEqual([]);
    expect(await children('cleaned up').count()).toBe(3);
    expect(await children('cancelled').allInnerTexts()).toHaveSize(9);
    expect(await page.getByText('0 of 12 uploaded, 12 cancelled').count()).toBe(1);
  });

  it('aborts and discards one alone, and takes another out of the queue, while the others go on', async () => {
    const { page, serverSide, children } = visitor();
    serverSide.hold();
    await uploadDozen('3');
    await serverSide.untilHeld(upload, 3);

    await page.getByRole('button', { name: 'Stop avocet.wav' }).click();
    await page.getByRole('button', { name: 'Stop wren.wav' }).click();
    await children('cancelled').nth(0).waitFor();
    await serverSide.untilAborted(upload, 1);
    serverSide.server.weather.change({ latencyMs: 5 });
    serverSide.release();
    await page.getByText('10 of 12 uploaded, 2 cancelled').waitFor();
    await page.getByRole('button', { name: 'Upload 2' }).waitFor();

    expect(serverSide.paths(upload, 'aborted')).toHaveSize(1);
    expect(serverSide.paths(discard, 'finished')).toHaveSize(1);
    expect(serverSide.server.recordings.unfinished).toEqual([]);
    expect(serverSide.server.recordings.finished).not.toContain('avocet.wav');
    expect(serverSide.server.recordings.finished).not.toContain('wren.wav');
  });

  it('leaves nothing behind when the page is left', async () => {
    const { page, serverSide, children } = visitor();
    serverSide.holdAfter(/offset=0$/);
    await uploadDozen('3');
    await serverSide.untilHeld(upload, 3);

    await page.getByRole('link', { name: 'Search' }).click();
    await page.getByRole('heading', { name: 'Find a bird' }).waitFor();
    await children('cleaning up').nth(2).waitFor();
    await serverSide.untilAborted(upload, 3);
    serverSide.release();
    await page.getByText('Nothing runs.').waitFor();
    await serverSide.until(() => serverSide.isIdle);

    expect(serverSide.paths(upload, 'aborted')).toHaveSize(3);
    expect(serverSide.server.recordings.unfinished).toEqual([]);
  });
});
