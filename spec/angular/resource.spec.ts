import {
  ApplicationRef,
  ErrorHandler,
  inject,
  Injector,
  NgZone,
  resource,
  signal,
  VERSION,
  type Signal,
} from '@angular/core';
import { rxResource } from '@angular/core/rxjs-interop';
import { TestBed } from '@angular/core/testing';
import { EMPTY, finalize, NEVER, of, Subject, throwError } from 'rxjs';
import { abortSignal, cleanup, sleep, tamed, type TamedCall } from 'async-tamer';
import { tamedResource, whenScopesClosed, type TamedResourceOptions } from 'async-tamer/angular';

import { gate as newGate, hostOf, macrotasks } from './setup/host.ts';

/** Runs the effects that are due, and lets a resource take up what its call has emitted. */
async function settled(): Promise<void> {
  TestBed.inject(NgZone).run(() => TestBed.tick()); // as Angular does it
  await macrotasks();
}

/** A resource of a letter whose calls the test emits for, ends, and cleans up: `a` begins, `-a` is cancelled, `~a` is clean. */
function resourceOf(options: Partial<TamedResourceOptions<string | undefined, Subject<string>>> = {}) {
  const letter = signal<string | undefined>('a');
  const log: string[] = [];
  const calls = new Map<string, Subject<string>>();
  const gates = new Map<string, Subject<void>>();
  const { made: resource, fixture } = hostOf(() =>
    tamedResource({
      params: letter,
      stream({ params }) {
        log.push(params);
        const call = new Subject<string>();
        const gate = newGate();
        calls.set(params, call);
        gates.set(params, gate);
        return call.pipe(
          finalize(() => {
            log.push(`-${params}`);
            cleanup(gate.pipe(finalize(() => log.push(`~${params}`))));
          }),
        );
      },
      ...options,
    }),
  );
  return { letter, log, calls, gates, resource, fixture };
}

function raise(error: Error): never {
  throw error;
}

describe('tamedResource', () => {
  describe('has as its value', () => {
    const shapes = {
      'what a tamed function emits': tamed(async () => 42),
      *'what a generator returns'() {
        yield* sleep(1);
        return 42;
      },
      async 'what an async function returns'() {
        await sleep(1);
        return 42;
      },
      async *'what an async generator yields last'() {
        yield 41;
        yield 42;
      },
      'what an Observable emits': () => of(42),
      'what is returned as it is': () => 42,
    };
    for (const [what, stream] of Object.entries<() => unknown>(shapes)) {
      it(what, async () => {
        const { made: resource } = hostOf(() => tamedResource({ stream }));
        const before = [resource.status(), resource.value()];

        TestBed.tick();
        await TestBed.inject(ApplicationRef).whenStable();

        expect(before).toEqual(['loading', undefined]);
        expect([resource.status(), resource.value()]).toEqual(['resolved', 42]);
      });
    }

    it('each value of a call that emits several, as it comes', async () => {
      const { calls, resource } = resourceOf();
      await settled();

      calls.get('a')?.next('first');
      await settled();
      const first = [resource.status(), resource.value()];
      calls.get('a')?.next('second');

      expect(first).toEqual(['resolved', 'first']);
      expect([resource.status(), resource.value()]).toEqual(['resolved', 'second']);
    });

    it('its defaultValue, until there is another', async () => {
      const { made: resource } = hostOf(() => tamedResource({ stream: () => of(1), defaultValue: 0 }));
      const before = resource.value();

      await settled();

      expect([before, resource.value()]).toEqual([0, 1]);
    });
  });

  it('calls nothing while params are undefined', async () => {
    const { letter, log, resource } = resourceOf();
    letter.set(undefined);

    await settled();

    expect([resource.status(), log]).toEqual(['idle', []]);
  });

  it('gives each call its params, a signal that aborts when it is cancelled, and the status before', async () => {
    const letter = signal('a');
    const told: unknown[] = [];
    hostOf(() =>
      tamedResource({
        params: letter,
        stream({ params, abortSignal: signal, previous }) {
          const own = abortSignal();
          const log = (what: string): void => void told.push(`${params} ${what}`);
          signal.addEventListener('abort', () => log('aborts'));
          own.addEventListener('abort', () => log('aborts by its own'));
          told.push([params, previous.status]);
          return NEVER;
        },
      }),
    );
    await settled();

    letter.set('b');
    await settled();

    expect(told).toEqual([['a', 'idle'], 'a aborts by its own', 'a aborts', ['b', 'loading']]);
  });

  describe('whose params change', () => {
    it('cancels the call that runs, and begins the next one when that has cleaned up', async () => {
      const { letter, log, gates, calls, resource } = resourceOf();
      await settled();

      letter.set('b');
      await settled();
      const whileCleaningUp = [...log, resource.status()];
      gates.get('a')?.complete();
      calls.get('b')?.next('value of b');
      await settled();

      expect(whileCleaningUp).toEqual(['a', '-a', 'loading']);
      expect(log).toEqual(['a', '-a', '~a', 'b']);
      expect([resource.status(), resource.value()]).toEqual(['resolved', 'value of b']);
    });

    it('begins the next one at once where cleanup takes no time', async () => {
      const { letter, log, gates } = resourceOf();
      await settled();
      gates.get('a')?.complete();

      letter.set('b');
      TestBed.tick();

      expect(log).toEqual(['a', '-a', '~a', 'b']);
    });

    it('begins the latest alone of those that wait for a cleanup', async () => {
      const { letter, log, gates } = resourceOf();
      await settled();

      letter.set('b');
      await settled();
      letter.set('c');
      await settled();
      gates.get('a')?.complete();

      expect(log).toEqual(['a', '-a', '~a', 'c']);
    });

    it('begins none after the cleanup, where there is nothing to ask for', async () => {
      const { letter, log, gates, resource } = resourceOf();
      await settled();

      letter.set('b');
      await settled();
      letter.set(undefined);
      await settled();
      gates.get('a')?.complete();
      await settled();

      expect([log, resource.status()]).toEqual([['a', '-a', '~a'], 'idle']);
    });

    it('begins the next one while that still cleans up, with overlap', async () => {
      const { letter, log, gates } = resourceOf({ overlap: true });
      await settled();

      letter.set('b');
      await settled();
      gates.get('a')?.complete();

      expect(log).toEqual(['a', '-a', 'b', '~a']);
    });

    it('has no value of the call that was cancelled', async () => {
      const { letter, calls, gates, resource } = resourceOf();
      await settled();
      calls.get('a')?.next('value of a');
      await settled();

      letter.set('b');
      await settled();
      calls.get('a')?.next('late');
      gates.get('a')?.complete();
      await settled();

      expect([resource.status(), resource.value()]).toEqual(['loading', undefined]);
    });

    it('cancels the call that runs where there is nothing to ask for any more', async () => {
      const { letter, log, calls, gates, resource, fixture } = resourceOf();
      await settled();
      calls.get('a')?.next('value');
      await settled();

      letter.set(undefined);
      await settled();
      gates.get('a')?.complete();
      await fixture.whenStable();

      expect([log, resource.status(), resource.value()]).toEqual([['a', '-a', '~a'], 'idle', undefined]);
    });

    it('ends a coroutine where it stands: so a sleep debounces', async () => {
      const letter = signal('a');
      const asked: string[] = [];
      hostOf(() =>
        tamedResource({
          params: letter,
          *stream({ params }) {
            yield* sleep(5);
            asked.push(params);
            return params;
          },
        }),
      );
      TestBed.tick();

      letter.set('b');
      TestBed.tick();
      letter.set('c');
      TestBed.tick();
      await TestBed.inject(ApplicationRef).whenStable();

      expect(asked).toEqual(['c']);
    });
  });

  describe('cancels the call that runs', () => {
    it('when it is reloaded, and begins again after the cleanup', async () => {
      const { log, calls, gates, resource } = resourceOf();
      await settled();
      calls.get('a')?.next('value');
      await settled();

      resource.reload();
      await settled();
      const whileCleaningUp = [...log, resource.status(), resource.value()];
      gates.get('a')?.complete();

      expect(whileCleaningUp).toEqual(['a', '-a', 'reloading', 'value']);
      expect(log).toEqual(['a', '-a', '~a', 'a']);
    });

    it('when it is set, and keeps what it was set to', async () => {
      const { log, gates, resource } = resourceOf();
      await settled();

      resource.set('local');
      gates.get('a')?.complete();
      await settled();

      expect([log, resource.status(), resource.value()]).toEqual([['a', '-a', '~a'], 'local', 'local']);
    });

    it('when it is destroyed, once or twice', async () => {
      const { log, gates, resource } = resourceOf();
      await settled();

      resource.destroy();
      resource.destroy();
      gates.get('a')?.complete();
      await settled();

      expect([log, resource.status()]).toEqual([['a', '-a', '~a'], 'idle']);
    });

    it('when its component is destroyed, so that whenScopesClosed() waits for the cleanup', async () => {
      const { log, gates, fixture } = resourceOf();
      await settled();

      fixture.destroy();
      const closed = whenScopesClosed().then(() => log.push('closed'));
      await settled();
      gates.get('a')?.complete();
      await closed;

      expect(log).toEqual(['a', '-a', '~a', 'closed']);
    });

    it('and begins none that waited, when its component is destroyed', async () => {
      const { letter, log, gates, fixture } = resourceOf();
      await settled();
      letter.set('b');
      await settled();

      fixture.destroy();
      gates.get('a')?.complete();
      await settled();

      expect(log).toEqual(['a', '-a', '~a']);
    });

    it('when its params throw, which is reported as in rxResource', async () => {
      const { letter, log, calls, gates } = resourceOf({
        params: () => (letter() === 'oh' ? raise(new Error('Oh no!')) : letter()),
      });
      await settled();
      calls.get('a')?.next('value');
      await settled();

      await jasmine.spyOnGlobalErrorsAsync(async () => {
        letter.set('oh');
        await settled();
        letter.set('b');
        await settled();
        gates.get('a')?.complete();
      });

      expect(log).toEqual(['a', '-a', '~a', 'b']);
    });

    if (Number(VERSION.major) >= 22) {
      it('when a resource that its params are chained to loads again', async () => {
        const parent = new Subject<string>();
        const first = hostOf(() => tamedResource({ stream: () => parent })).made;
        const { log, gates } = resourceOf({
          params: ((context: { chain: (other: unknown) => string }) => context.chain(first)) as () => string,
        });
        await settled();
        parent.next('a');
        await settled();
        await settled();

        first.reload();
        await settled();
        gates.get('a')?.complete();

        expect(log).toEqual(['a', '-a', '~a']);
      });
    }

    it('when it is set as that begins', async () => {
      const log: string[] = [];
      const { made: resource } = hostOf(() =>
        tamedResource({
          *stream() {
            resource.set('local');
            try {
              yield* sleep(0);
              log.push('goes on');
            } finally {
              log.push('cleans up');
            }
            return '';
          },
        }),
      );

      // Angular 20.0 complains, since it has not subscribed yet.
      await jasmine.spyOnGlobalErrorsAsync(settled);

      expect([log, resource.value()]).toEqual([['cleans up'], 'local']);
    });
  });

  describe('whose call fails', () => {
    const oh = new Error('Oh no!');
    let handled: unknown[];

    beforeEach(() => {
      handled = [];
      TestBed.configureTestingModule({
        rethrowApplicationErrors: false,
        providers: [
          { provide: ErrorHandler, useValue: { handleError: (error: unknown) => handled.push(error) } },
        ],
      });
    });

    it('has that as its error, which nobody else gets', async () => {
      const { made: resource } = hostOf(() => tamedResource({ stream: () => throwError(() => oh) }));

      await settled();

      expect([resource.status(), resource.error(), handled]).toEqual(['error', oh, []]);
    });

    it('has what its function throws as its error', async () => {
      const stream = (): number => {
        throw oh;
      };
      const { made: resource } = hostOf(() => tamedResource({ stream }));

      await settled();

      expect([resource.status(), resource.error()]).toEqual(['error', oh]);
    });

    it('has the value of the next one', async () => {
      const letter = signal('a');
      const { made: resource } = hostOf(() =>
        tamedResource({
          params: letter,
          stream: ({ params }) => (params === 'a' ? throwError(() => oh) : of(params)),
        }),
      );
      await settled();

      letter.set('b');
      await settled();

      expect([resource.status(), resource.value()]).toEqual(['resolved', 'b']);
    });

    it('gives to the ErrorHandler what the cleanup of a cancelled one has thrown', async () => {
      const { letter, gates, log } = resourceOf();
      await settled();

      letter.set('b');
      await settled();
      gates.get('a')?.error(oh);
      const whileTheNextRuns = [...log];
      letter.set(undefined);
      await settled();
      gates.get('b')?.complete();
      await settled();

      expect(whileTheNextRuns).toEqual(['a', '-a', '~a', 'b']);
      expect(handled).toEqual([oh]);
    });

    it('has an error, if it ends without a value', async () => {
      const { made: resource } = hostOf(() => tamedResource({ stream: () => EMPTY }));

      await settled();

      expect([resource.status(), String(resource.error())]).toEqual([
        'error',
        jasmine.stringContaining('NG0991'),
      ]);
    });
  });

  describe('keeps whenStable() waiting', () => {
    it('until there is a value, and no longer, though the call goes on', async () => {
      const { calls, fixture } = resourceOf();
      await settled();
      const before = fixture.isStable();

      calls.get('a')?.next('value');
      await fixture.whenStable();

      expect([before, fixture.isStable(), calls.get('a')?.observed]).toEqual([false, true, true]);
    });

    it('while the next call waits for the cleanup of the one before', async () => {
      const { letter, calls, gates, fixture } = resourceOf();
      await settled();

      letter.set('b');
      await settled();
      const whileCleaningUp = fixture.isStable();
      gates.get('a')?.complete();
      calls.get('b')?.next('value');
      await fixture.whenStable();

      expect([whileCleaningUp, fixture.isStable()]).toEqual([false, true]);
    });
  });

  describe('that cannot be made', () => {
    it('says what to do outside of an injection context', () => {
      expect(() => tamedResource({ stream: () => NEVER })).toThrowError(
        'tamedResource() is called outside of an injection context, and without an injector. ' +
          'Call it in a field initializer or a constructor, or give it { injector }.',
      );
    });

    it('needs no such context with an injector', async () => {
      const { made: injector } = hostOf(() => inject(Injector));

      const resource = tamedResource({ stream: () => of(1), injector });
      await settled();

      expect(resource.value()).toBe(1);
    });

    it('complains of wrong options where they are given', () => {
      const make = (options: unknown) => () => tamedResource(options as { stream: () => number });

      expect(make({ stream: NEVER })).toThrowError(
        TypeError,
        'The option "stream" is a function, but got an object (Observable).',
      );
      expect(make({ stream: () => NEVER, overlap: 1 })).toThrowError(
        TypeError,
        'The option "overlap" is true or false, but got 1 (number).',
      );
    });

    it('says as Angular does that its component has been destroyed', () => {
      const { made: injector, fixture } = hostOf(() => inject(Injector));
      fixture.destroy();

      expect(() => tamedResource({ stream: () => NEVER, injector })).toThrowError(/NG0911/);
    });
  });
});

describe("Angular's own resources", () => {
  /** What becomes of the first call, when a second one is asked for. */
  async function firstCall(
    make: (letter: Signal<string>, call: (letter: string) => TamedCall<string>) => unknown,
  ) {
    const letter = signal('a');
    const log: string[] = [];
    const gate = newGate();
    const call = tamed(function* (name: string) {
      log.push(name);
      try {
        yield* tamed.from(gate);
      } finally {
        log.push(`~${name}`);
      }
      return name;
    });
    hostOf(() => make(letter, call));
    await settled();
    letter.set('b');
    await settled();
    return log;
  }

  it('cancel a call, given as the stream of rxResource', async () => {
    const log = await firstCall((params, call) =>
      rxResource({ params, stream: (asked) => call(asked.params) }),
    );

    expect(log).toEqual(['a', '~a', 'b']);
  });

  it('do not cancel a call, given as the loader of resource', async () => {
    const log = await firstCall((params, call) =>
      resource({ params, loader: (asked) => call(asked.params) }),
    );

    expect(log).toEqual(['a', 'b']);
  });
});
