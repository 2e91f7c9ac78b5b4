import { AsyncPipe } from '@angular/common';
import {
  ChangeDetectionStrategy,
  ChangeDetectorRef,
  Component,
  ErrorHandler,
  inject,
  Injectable,
  type Signal,
} from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import { finalize, NEVER, Subject, throwError } from 'rxjs';
import { sleep, tamed } from 'async-tamer';
import { injectAsyncScope } from 'async-tamer/angular';

import { macrotasks } from './setup/host.ts';

/** What a fixture shows. */
async function shown(fixture: ComponentFixture<unknown>): Promise<string> {
  await macrotasks();
  fixture.detectChanges();
  return (fixture.nativeElement as HTMLElement).textContent;
}

describe('In a template', () => {
  let source: Subject<string>;
  let log: string[];
  /** Emits until it is cancelled. */
  const watch = tamed(() => {
    log.push('begins');
    return source.pipe(finalize(() => log.push('is torn down')));
  });

  @Injectable({ providedIn: 'root' })
  class Service {
    readonly scope = injectAsyncScope({ errorMode: 'continue' });
  }

  beforeEach(() => {
    log = [];
    source = new Subject();
  });

  describe('toSignal', () => {
    /** Shows the signal that `make` makes in its component. */
    function show(make: (service: Service) => Signal<unknown>): ComponentFixture<unknown> {
      @Component({ template: '{{ value() }}', changeDetection: ChangeDetectionStrategy.OnPush })
      class Host {
        readonly value = make(inject(Service));
      }
      return TestBed.createComponent(Host);
    }

    it('shows each value of a result as it comes, and the last one after its end', async () => {
      const values = new Subject<number>();
      const fixture = show(({ scope }) => toSignal(scope.start(values)));

      const before = await shown(fixture);
      values.next(1);
      const first = await shown(fixture);
      values.next(2);
      values.complete();

      expect([before, first, await shown(fixture)]).toEqual(['', '1', '2']);
    });

    it('shows its initialValue before', async () => {
      const fixture = show(({ scope }) => toSignal(scope.start(source), { initialValue: 'loading' }));

      expect(await shown(fixture)).toBe('loading');
    });

    it('shows the value of a result that has ended before', async () => {
      const fixture = show(({ scope }) => toSignal(scope.start(['a', 'b'])));

      expect(await shown(fixture)).toBe('b');
    });

    it('keeps the last value of a result that was cancelled', async () => {
      const values = new Subject<number>();
      const fixture = show(({ scope }) => toSignal(scope.start(values)));
      values.next(1);
      const { scope } = TestBed.inject(Service);

      scope.cancel();

      expect(await shown(fixture)).toBe('1');
    });

    it('throws the failure where the signal is read', () => {
      const oh = new Error('Oh no!');
      let value: Signal<unknown> | undefined;
      show(({ scope }) => (value = toSignal(scope.start(throwError(() => oh)))));

      expect(() => value?.()).toThrow(oh);
    });

    it('runs a call once, and cancels it when its component is destroyed', async () => {
      const fixture = show(() => toSignal(watch()));

      const before = await shown(fixture);
      source.next('a');
      const first = await shown(fixture);
      fixture.destroy();
      await macrotasks();

      expect([before, first, ...log]).toEqual(['', 'a', 'begins', 'is torn down']);
    });

    describe('does not', () => {
      it('cancel the child of a result: its scope does', async () => {
        const fixture = show(({ scope }) => toSignal(scope.start(watch())));

        fixture.destroy();
        await macrotasks();

        expect([TestBed.inject(Service).scope.size, ...log]).toEqual([1, 'begins']);
      });

      it('take a result with requireSync that is pending', () => {
        expect(() => show(({ scope }) => toSignal(scope.start(NEVER), { requireSync: true }))).toThrowError(
          /NG0601/,
        );
      });
    });
  });

  describe('the async pipe', () => {
    /** Shows what `make` makes in its component. */
    function show(make: (service: Service) => unknown): ComponentFixture<unknown> {
      @Component({
        imports: [AsyncPipe],
        template: '{{ value | async }}',
        changeDetection: ChangeDetectionStrategy.OnPush,
      })
      class Host {
        readonly value = make(inject(Service)) as NonNullable<Parameters<AsyncPipe['transform']>[0]>;
      }
      return TestBed.createComponent(Host);
    }

    it('shows each value of a result as it comes, given its asObservable()', async () => {
      const values = new Subject<number>();
      const fixture = show(({ scope }) => scope.start(values).asObservable());

      const before = await shown(fixture);
      values.next(1);
      const first = await shown(fixture);
      values.next(2);
      values.complete();

      expect([before, first, await shown(fixture)]).toEqual(['', '1', '2']);
    });

    it('runs a call once, and cancels it when its component is destroyed, given its asObservable()', async () => {
      const fixture = show(() => watch().asObservable());

      const before = await shown(fixture);
      source.next('a');
      const first = await shown(fixture);
      fixture.destroy();
      await macrotasks();

      expect([before, first, ...log]).toEqual(['', 'a', 'begins', 'is torn down']);
    });

    describe('takes a promise for one, and so, given a call or a result as it is,', () => {
      it('shows no value of a result before the last', async () => {
        const values = new Subject<number>();
        const fixture = show(({ scope }) => scope.start(values));

        await shown(fixture);
        values.next(1);
        const first = await shown(fixture);
        values.next(2);
        values.complete();

        expect([first, await shown(fixture)]).toEqual(['', '2']);
      });

      it('shows the value of a call that has one alone', async () => {
        const fixture = show(() =>
          tamed(function* () {
            yield* sleep(1);
            return 'done';
          })(),
        );
        await shown(fixture);
        await sleep(5);

        expect(await shown(fixture)).toBe('done');
      });

      it('does not cancel a call when its component is destroyed', async () => {
        const fixture = show(() => watch());
        await shown(fixture);

        fixture.destroy();
        await macrotasks();

        expect([source.observed, ...log]).toEqual([true, 'begins']);
      });

      it('reports the CancelledError of a result that was cancelled', async () => {
        const handled: unknown[] = [];
        TestBed.configureTestingModule({
          rethrowApplicationErrors: false,
          providers: [
            {
              provide: ErrorHandler,
              useValue: { handleError: (error: unknown) => handled.push(String(error)) },
            },
          ],
        });
        const fixture = show(({ scope }) => scope.start(NEVER));
        await shown(fixture);

        TestBed.inject(Service).scope.cancel();
        await macrotasks();

        expect(handled).toEqual(['CancelledError: The scope was cancelled.']);
      });
    });

    it('runs a call again at every change detection, if the template makes it', () => {
      @Component({ imports: [AsyncPipe], template: '{{ watch().asObservable() | async }}' })
      class Host {
        watch = watch;
      }
      const fixture = TestBed.createComponent(Host);

      fixture.detectChanges(false);
      const first = [...log];
      fixture.debugElement.injector.get(ChangeDetectorRef).markForCheck();
      fixture.detectChanges(false);

      expect(first).toEqual(['begins']);
      expect(log).toEqual(['begins', 'is torn down', 'begins']);
    });
  });
});
