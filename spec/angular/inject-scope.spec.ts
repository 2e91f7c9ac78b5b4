import {
  ChangeDetectionStrategy,
  Component,
  createEnvironmentInjector,
  DestroyRef,
  Directive,
  EnvironmentInjector,
  ErrorHandler,
  inject,
  Injector,
  NgZone,
  runInInjectionContext,
  signal,
} from '@angular/core';
import { TestBed } from '@angular/core/testing';
import type { Subject } from 'rxjs';
import { finalize, NEVER } from 'rxjs';
import { AsyncScope, cleanup, sleep, tamed } from 'async-tamer';
import { injectAsyncScope, whenScopesClosed } from 'async-tamer/angular';

import { gate as newGate, hostOf } from './setup/host.ts';

/** An environment as a route has one, with an injector that can be destroyed. */
function environment(): EnvironmentInjector {
  return createEnvironmentInjector([], TestBed.inject(EnvironmentInjector));
}

/** An injector with a `DestroyRef` of its own. */
function injectorWith(destroyRef: DestroyRef): Injector {
  const get = (token: unknown): unknown => (token === DestroyRef ? destroyRef : null);
  return Object.assign(Object.create(TestBed.inject(Injector)) as Injector, { get });
}

/** Runs until it is cancelled, and then cleans up until `gate` completes. */
function untilCancelled(gate: Subject<void>): typeof NEVER {
  return NEVER.pipe(finalize(() => cleanup(gate)));
}

describe('An injected scope', () => {
  it('leaves the zone of Angular stable while a cancelled call cleans up, also in a run inside', async () => {
    const gates = [newGate(), newGate()];
    const { made: scope, fixture } = hostOf(() => injectAsyncScope());
    const zone = TestBed.inject(NgZone);
    zone.run(() => {
      scope.start(untilCancelled(gates[0]!));
      scope.start(AsyncScope.run((inner) => inner.start(untilCancelled(gates[1]!))));
      scope.cancel();
    });

    await fixture.whenStable();
    const pending = [zone.hasPendingMacrotasks, zone.hasPendingMicrotasks];
    const { closed } = scope;
    gates.forEach((gate) => zone.run(() => gate.complete()));
    await scope.close();

    expect([pending, closed]).toEqual([[false, false], false]);
  });

  it('cancels its children when its component is destroyed', () => {
    const { made: scope, fixture } = hostOf(() => injectAsyncScope());
    const result = scope.start(NEVER);

    fixture.destroy();

    expect([result.status, scope.cancelled]).toEqual(['cancelled', true]);
  });

  it('has ended before the component is destroyed where cleanup takes no time', () => {
    const { made: scope, fixture } = hostOf(() => injectAsyncScope());
    const told: string[] = [];
    scope.start(NEVER.pipe(finalize(() => told.push('torn down'))));

    fixture.destroy();

    expect([...told, scope.closed]).toEqual(['torn down', true]);
  });

  it('is cancelled together with the others of its component, so that one that awaits another is not told of a failure', async () => {
    const errors: unknown[] = [];
    TestBed.configureTestingModule({
      providers: [
        { provide: ErrorHandler, useValue: { handleError: (error: unknown) => errors.push(error) } },
      ],
    });
    const { made: scopes, fixture } = hostOf(() => [injectAsyncScope(), injectAsyncScope()] as const);
    const awaited = scopes[0].start(NEVER);
    const waiting = [
      scopes[1].start(
        tamed(function* () {
          yield* awaited;
        })(),
      ),
      scopes[1].start(tamed(async () => void (await awaited))()),
    ];

    fixture.destroy();

    expect(waiting.map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
    await expectAsync(whenScopesClosed()).toBeResolved();
    expect(errors).toEqual([]);
  });

  it('is cancelled together with the others of its environment', async () => {
    const injector = environment();
    const scopes = [injectAsyncScope({ injector }), injectAsyncScope({ injector })] as const;
    const waiting = scopes[1].start(scopes[0].start(NEVER));

    injector.destroy();

    expect(waiting.status).toBe('cancelled');
    await expectAsync(whenScopesClosed()).toBeResolved();
  });

  it('closes when the last cleanup has ended', () => {
    const { made: scope, fixture } = hostOf(() => injectAsyncScope());
    const gate = newGate();
    scope.start(untilCancelled(gate));

    fixture.destroy();
    const whileCleaningUp = [scope.closed, scope.size];
    gate.complete();

    expect(whileCleaningUp).toEqual([false, 1]);
    expect([scope.closed, scope.size]).toEqual([true, 0]);
  });

  it('lets what has ended before the component is destroyed stay as it is', () => {
    const { made: scope, fixture } = hostOf(() => injectAsyncScope());
    const result = scope.start([1]);

    fixture.destroy();

    expect([result.status, result.value]).toEqual(['succeeded', 1]);
  });

  it('complains of nothing that nobody has awaited when its component is destroyed, with any exitMode', async () => {
    const { made: scope, fixture } = hostOf(() => injectAsyncScope({ exitMode: 'raise' }));
    scope.start(NEVER);

    fixture.destroy();

    await expectAsync(scope.close()).toBeResolved();
  });

  it('ends with a directive that the template takes away', () => {
    let scope: AsyncScope | undefined;
    @Directive({ selector: '[work]' })
    class Work {
      readonly scope = (scope = injectAsyncScope());
    }
    @Component({
      imports: [Work],
      template: '@if (shown()) { <p work></p> }',
      changeDetection: ChangeDetectionStrategy.OnPush,
    })
    class Host {
      readonly shown = signal(true);
    }
    const fixture = TestBed.createComponent(Host);
    fixture.detectChanges();
    const before = scope?.cancelled;

    fixture.componentInstance.shown.set(false);
    fixture.detectChanges();

    expect([before, scope?.cancelled]).toEqual([false, true]);
  });

  it('ends with the environment of its service', () => {
    const injector = environment();
    const scope = runInInjectionContext(injector, () => injectAsyncScope());

    injector.destroy();

    expect(scope.cancelled).toBeTrue();
  });

  it('ends with the component whose injector it is given', () => {
    const { made: injector, fixture } = hostOf(() => inject(Injector));
    const scope = injectAsyncScope({ injector });

    fixture.destroy();

    expect(scope.cancelled).toBeTrue();
  });

  it('is a scope with the options it is given', () => {
    const { made: scope } = hostOf(() => injectAsyncScope({ name: 'uploads', concurrency: 1 }));

    scope.start(NEVER);
    scope.start(NEVER);

    expect(scope).toBeInstanceOf(AsyncScope);
    expect([scope.name, ...scope.children.map(({ state }) => state)]).toEqual([
      'uploads',
      'running',
      'queued',
    ]);
  });

  it('is cancelled with the scope it is nested in', () => {
    const parent = new AsyncScope();
    const { made: scope } = hostOf(() => injectAsyncScope({ parent }));

    parent.cancel();

    expect(scope.cancelled).toBeTrue();
  });

  it('does not belong to the call in which a service is first asked for', () => {
    const { made: injector } = hostOf(() => inject(Injector));
    const outer = new AsyncScope();
    let scope: AsyncScope | undefined;
    outer.start(
      tamed(function* () {
        scope = injectAsyncScope({ injector });
        yield* sleep(1000);
      })(),
    );

    outer.cancel();

    expect([outer.closed, scope?.cancelled]).toEqual([false, false]);
  });

  describe('that was destroyed with its component', () => {
    it('runs nothing that is started after', () => {
      const { made: scope, fixture } = hostOf(() => injectAsyncScope());
      fixture.destroy();
      let runs = 0;

      const result = scope.start(tamed(() => (runs += 1))());

      expect([result.status, runs]).toEqual(['cancelled', 0]);
    });

    // angular/angular#49658
    it('runs nothing that is started when a child of it has ended its cleanup', () => {
      const { made: scope, fixture } = hostOf(() => injectAsyncScope());
      const gate = newGate();
      scope.start(untilCancelled(gate));
      const late: string[] = [];
      gate.subscribe({ complete: () => late.push(scope.start(NEVER).status) });

      fixture.destroy();
      gate.complete();

      expect(late).toEqual(['cancelled']);
    });

    it('stays as it is when that is destroyed again, or the scope is cancelled and closed', async () => {
      const { made: scope, fixture } = hostOf(() => injectAsyncScope());
      fixture.destroy();

      fixture.destroy();
      scope.cancel('again');
      await scope.close();

      expect([scope.cancelled, scope.closed]).toEqual([true, true]);
    });

    it('gives those who wait no reason but that', async () => {
      const { made: scope, fixture } = hostOf(() => injectAsyncScope());
      const result = scope.start(NEVER);
      const { signal } = scope;

      fixture.destroy();

      await expectAsync(result).toBeRejectedWithError('The scope was cancelled.');
      expect((signal.reason as Error).name).toBe('AbortError');
    });
  });

  // angular/angular#54527: what comes late finds the view destroyed.
  describe('that is made too late', () => {
    it('starts cancelled, where the component has been destroyed', () => {
      const { made: injector, fixture } = hostOf(() => inject(Injector));
      fixture.destroy();

      const scope = injectAsyncScope({ injector });

      expect([scope.cancelled, scope.closed, scope.start(NEVER).status]).toEqual([true, true, 'cancelled']);
    });

    it('starts cancelled in the injection context of a destroyed component', () => {
      const { made: injector, fixture } = hostOf(() => inject(Injector));
      fixture.destroy();

      const scope = runInInjectionContext(injector, () => injectAsyncScope({ pendingTasks: true }));

      expect(scope.cancelled).toBeTrue();
    });

    it('starts cancelled, where the environment has been destroyed', () => {
      const injector = environment();
      injector.destroy();

      const scope = injectAsyncScope({ injector, pendingTasks: true });

      expect([scope.cancelled, scope.closed, scope.start(NEVER).status]).toEqual([true, true, 'cancelled']);
    });

    it('starts cancelled while the component is being destroyed', () => {
      const scopes: AsyncScope[] = [];
      @Component({ template: '' })
      class Host {
        readonly #injector = inject(Injector);
        ngOnDestroy(): void {
          scopes.push(injectAsyncScope({ injector: this.#injector }));
        }
      }

      TestBed.createComponent(Host).destroy();

      expect(scopes.map(({ cancelled }) => cancelled)).toEqual([true]);
    });

    it('starts cancelled where a DestroyRef alone says that it was destroyed', () => {
      const scope = injectAsyncScope({
        injector: injectorWith({ destroyed: true, onDestroy: () => () => undefined }),
      });

      expect(scope.cancelled).toBeTrue();
    });
  });

  describe('that closes before its component is destroyed', () => {
    it('is not held by that any longer', async () => {
      const registered = new Set<() => void>();
      const injector = injectorWith({
        destroyed: false,
        onDestroy(listener) {
          registered.add(listener);
          return () => registered.delete(listener);
        },
      });
      const scope = injectAsyncScope({ injector });
      const before = registered.size;

      await scope.close();

      expect([before, registered.size]).toEqual([1, 0]);
    });

    it('refuses what is started after, as any scope that was not cancelled', async () => {
      const { made: scope, fixture } = hostOf(() => injectAsyncScope({ name: 'batch' }));
      await scope.close();

      fixture.destroy();

      expect(() => scope.start(NEVER)).toThrowError(/The scope "batch" has closed/);
    });
  });

  describe('that is cancelled', () => {
    it('closes by itself', () => {
      const { made: scope } = hostOf(() => injectAsyncScope());
      const gate = newGate();
      scope.start(untilCancelled(gate));

      scope.cancel();
      const whileCleaningUp = scope.closed;
      gate.complete();

      expect([whileCleaningUp, scope.closed]).toEqual([false, true]);
    });

    it('closes by itself, where its signal has aborted before', () => {
      const { made: scope } = hostOf(() => injectAsyncScope({ signal: AbortSignal.abort() }));

      expect([scope.cancelled, scope.closed]).toEqual([true, true]);
    });
  });

  describe('that cannot be made', () => {
    it('says what to do outside of an injection context', () => {
      expect(() => injectAsyncScope()).toThrowError(
        'injectAsyncScope() is called outside of an injection context, and without an injector. ' +
          'Call it in a field initializer or a constructor, or give it { injector }.',
      );
    });

    it('has what Angular says of that as its cause', () => {
      let cause: unknown;
      try {
        injectAsyncScope();
      } catch (error) {
        ({ cause } = error as Error);
      }

      expect(String(cause)).toContain('NG0203');
    });

    it('complains of wrong options where they are given', () => {
      const make = (options: unknown) => () => injectAsyncScope(options as { name: string });

      expect(make(1)).toThrowError(
        TypeError,
        'injectAsyncScope() takes an object of options, but got 1 (number).',
      );
      expect(make({ pendingTask: true })).toThrowError(
        TypeError,
        /^injectAsyncScope\(\) has no option "pendingTask"\. Its options are exitMode, .*, injector, pendingTasks\.$/,
      );
      expect(make({ injector: 'root' })).toThrowError(
        TypeError,
        'The option "injector" is an Injector, but got "root" (string).',
      );
      expect(make({ pendingTasks: 1 })).toThrowError(
        TypeError,
        'The option "pendingTasks" is true or false, but got 1 (number).',
      );
      expect(() => hostOf(() => injectAsyncScope({ concurrency: 0 }))).toThrowError(
        TypeError,
        /The option "concurrency" is a whole number/,
      );
    });
  });
});
