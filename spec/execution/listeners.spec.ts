import { fileURLToPath } from 'node:url';

import { AsyncScope, sleep } from '../../src/index.ts';
import { run, type Ended } from '../support/child-process.ts';
import { compile } from '../support/compile.ts';

const preamble = `
import { abortSignal, AsyncScope, sleep, tamed } from 'async-tamer';
const listen = (signal) => signal.addEventListener('abort', () => {});
`;

/** Each in a process of its own, where Node warns of what it takes for a leak. */
const programs: Record<string, string> = {
  'eleven users of the signal of a scope': `
    const scope = new AsyncScope();
    for (let i = 0; i < 11; i++) listen(scope.signal);
    scope.cancel();`,

  'eleven users of one abortSignal()': `
    await tamed(async () => {
      for (let i = 0; i < 11; i++) listen(abortSignal());
      await sleep(1);
      for (let i = 0; i < 11; i++) listen(abortSignal());
    })();`,

  'eleven scopes on one signal': `
    const controller = new AbortController();
    const scopes = Array.from({ length: 11 }, () => new AsyncScope({ signal: controller.signal }));
    const results = scopes.map((scope) => scope.start(sleep(1000)));
    controller.abort();
    console.log(results.filter(({ status }) => status === 'cancelled').length);`,
};

describe('Node', () => {
  it('leaves alone a signal that is not its own, such as that of a page in jsdom', () => {
    const own = AbortController;
    class Foreign {
      readonly signal = { aborted: false } as AbortSignal;
      abort(): void {}
    }
    Object.assign(globalThis, { AbortController: Foreign });
    try {
      expect(new AsyncScope().signal).toEqual({ aborted: false } as AbortSignal);
    } finally {
      Object.assign(globalThis, { AbortController: own });
    }
  });

  let compiled: Map<string, URL>;

  beforeAll(() => {
    const sources = Object.entries(programs).map(([name, code], i) => [name, `${i}.ts`, code] as const);
    const files = compile('listeners', new Map(sources.map(([, file, code]) => [file, preamble + code])));
    compiled = new Map(sources.map(([name, file]) => [name, files.get(file)!]));
  });

  function runs(name: string): Promise<Ended> {
    return run([fileURLToPath(compiled.get(name)!)]);
  }

  it('does not warn of eleven users of the signal of a scope', async () => {
    const { stdout, stderr, code } = await runs('eleven users of the signal of a scope');

    expect([stdout, stderr, code]).toEqual(['', '', 0]);
  });

  it('does not warn of eleven users of one abortSignal()', async () => {
    const { stdout, stderr, code } = await runs('eleven users of one abortSignal()');

    expect([stdout, stderr, code]).toEqual(['', '', 0]);
  });

  it('does not warn of eleven scopes on one signal, which it cancels all', async () => {
    const { stdout, stderr, code } = await runs('eleven scopes on one signal');

    expect([stdout, stderr, code]).toEqual(['11\n', '', 0]);
  });
});

describe('A signal that several scopes share', () => {
  function listened(): { controller: AbortController; listeners: () => number } {
    const controller = new AbortController();
    const { signal } = controller;
    const add = spyOn(signal, 'addEventListener').and.callThrough();
    const remove = spyOn(signal, 'removeEventListener').and.callThrough();
    return { controller, listeners: () => add.calls.count() - remove.calls.count() };
  }

  it('has one listener, until the last of them has closed', async () => {
    const { controller, listeners } = listened();
    const scopes = [1, 2, 3].map(() => new AsyncScope({ signal: controller.signal }));
    const counts = [listeners()];

    await scopes[0]!.close();
    await scopes[1]!.close();
    counts.push(listeners());
    await scopes[2]!.close();
    counts.push(listeners());

    expect(counts).toEqual([1, 1, 0]);
  });

  it('has none once it has aborted', () => {
    const { controller, listeners } = listened();
    [1, 2].map(() => new AsyncScope({ signal: controller.signal }));

    controller.abort();

    expect(listeners()).toBe(0);
  });

  it('cancels them in the order in which they were made, but not one that has closed', async () => {
    const { controller } = listened();
    const log: string[] = [];
    const scopes = ['a', 'b', 'c'].map((name) => {
      const scope = new AsyncScope({ signal: controller.signal });
      scope.signal.addEventListener('abort', () => log.push(name));
      return scope;
    });
    await scopes[1]!.close();

    controller.abort();

    expect(log).toEqual(['a', 'c']);
  });

  it('leaves one alone that another has cancelled before its turn', () => {
    const { controller } = listened();
    const first = new AsyncScope({ signal: controller.signal });
    const second = new AsyncScope({ signal: controller.signal });
    first.signal.addEventListener('abort', () => second.cancel('by the first'));
    const result = second.start(sleep(1000));

    controller.abort('by the signal');

    expect([result.status, second.signal.reason]).toEqual(['cancelled', 'by the first']);
  });

  it('is listened to anew by a scope that is made when the others have closed', async () => {
    const { controller, listeners } = listened();
    await new AsyncScope({ signal: controller.signal }).close();
    const later = new AsyncScope({ signal: controller.signal });
    const count = listeners();

    controller.abort();

    expect([count, later.cancelled]).toEqual([1, true]);
  });
});
