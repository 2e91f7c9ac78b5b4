import { macrotask } from './support/runtime.ts';

/** Keeps this thread from all else, as a machine does that stands still. */
function standStill(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function macrotasksFor(ms: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end;) {
    await macrotask();
  }
}

describe('The timers of specs', () => {
  let log: string[];
  const say = (word: string) => (): void => void log.push(word);

  beforeEach(() => {
    log = [];
  });

  it('run in the order of their times, with all that follows from them, where everything stands still meanwhile', async () => {
    const long = sleep(12).then(say('once'));
    const short = (async () => {
      for (let count = 0; count < 3; count++) {
        await sleep(2);
        standStill(5);
      }
      say('three times')();
    })();
    standStill(20);
    await Promise.all([long, short]);

    expect(log).toEqual(['three times', 'once']);
  });

  it('run in the order in which they were started, if they are for the same time', async () => {
    setTimeout(say('1st'), 2);
    setTimeout(say('2nd'), 2);
    standStill(1);
    setTimeout(say('3rd'), 2);

    await sleep(2);

    expect(log).toEqual(['1st', '2nd', '3rd']);
  });

  it('are not early, also at the end of a long turn', async () => {
    standStill(3);
    const before = performance.now();

    await sleep(3);

    expect(performance.now() - before).toBeGreaterThan(2.8); // A browser rounds the time.
  });

  it('have their order with the signal of a time', async () => {
    AbortSignal.timeout(3).onabort = say('signal');
    setTimeout(say('before'), 2);
    setTimeout(say('after'), 4);
    standStill(8);

    await sleep(5);

    expect(log).toEqual(['before', 'signal', 'after']);
  });

  it('have their order with a signal that is made late in a long turn', async () => {
    const after = sleep(6).then(say('after'));
    standStill(8);
    AbortSignal.timeout(5).onabort = say('signal');

    await after;

    expect(log).toEqual(['signal', 'after']);
  });

  it('do not run once they are cleared, also by what was due at the same time', async () => {
    const cleared = [setTimeout(say('timeout'), 3), setInterval(say('interval'), 3)];
    setTimeout(() => cleared.forEach((timer) => clearTimeout(timer)), 2);
    standStill(8);

    await sleep(8);

    expect(log).toEqual([]);
  });

  it('run once the one for which they have waited is cleared', async () => {
    const later = sleep(12).then(say('later'));
    setTimeout(() => {
      const earlier = setTimeout(() => {}, 9);
      void macrotasksFor(4).then(() => clearTimeout(earlier));
    }, 2);
    standStill(20);
    await later;

    expect(log).toEqual(['later']);
  });

  it('repeat until they are cleared', async () => {
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        say('again')();
        if (log.length === 3) {
          clearInterval(timer);
          resolve();
        }
      }, 1);
    });
    await sleep(5);

    expect(log).toEqual(['again', 'again', 'again']);
  });
});
