import type { ResourceRef } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import type { Signal, Injector } from '@angular/core';
import { expectTypeOf } from 'expect-type';
import { of, type Observable } from 'rxjs';

import {
  injectAsyncScope,
  tamedResource,
  whenScopesClosed,
  type InjectAsyncScopeOptions,
} from '../../src/angular/index.ts';
import { sleep, tamed, type AsyncScope, type AsyncScopeOptions } from '../../src/index.ts';

/** Compiled, and not run. */
function misuse(code: () => unknown): void {
  expect(code).toBeInstanceOf(Function);
}

/** The type of what `code` returns; it is compiled, and not run. */
function typeOf<T>(code: () => T): { readonly returned: T } {
  expect(code).toBeInstanceOf(Function);
  return {} as { readonly returned: T };
}

const find = tamed(async (id: number) => `user ${id}`);

describe('The types for Angular', () => {
  it('are those of a scope, with options of its own', () => {
    expectTypeOf(injectAsyncScope).returns.toEqualTypeOf<AsyncScope>();
    expectTypeOf<InjectAsyncScopeOptions>().toExtend<AsyncScopeOptions>();
    expectTypeOf<InjectAsyncScopeOptions['injector']>().toEqualTypeOf<Injector | undefined>();
    // @ts-expect-error -- no boolean
    misuse(() => injectAsyncScope({ pendingTasks: 'yes' }));
    // @ts-expect-error -- an option that there is not
    misuse(() => injectAsyncScope({ pendingTask: true }));

    expectTypeOf(whenScopesClosed).toEqualTypeOf<() => Promise<void>>();
  });

  it('say what a resource has, by what its stream returns', () => {
    const params = (): number | undefined => 1;
    const made = typeOf(() => ({
      call: tamedResource({ params, stream: ({ params: id }) => find(id) }),
      generator: tamedResource({
        params,
        *stream({ params: id }) {
          yield* sleep(1);
          return yield* find(id);
        },
      }),
      promise: tamedResource({ params, stream: async ({ params: id }) => id }),
      values: tamedResource({ stream: () => of('a', 'b') }),
      plain: tamedResource({ stream: () => 1 }),
    }));

    expectTypeOf(made.returned).toEqualTypeOf<{
      call: ResourceRef<string | undefined>;
      generator: ResourceRef<string | undefined>;
      promise: ResourceRef<number | undefined>;
      values: ResourceRef<string | undefined>;
      plain: ResourceRef<number | undefined>;
    }>();
  });

  it('say that a resource with a defaultValue always has a value of its type', () => {
    const stream = (): Observable<string[]> => of(['a']);
    const made = typeOf(() => tamedResource({ stream, defaultValue: [] }));

    expectTypeOf(made.returned).toEqualTypeOf<ResourceRef<string[]>>();
    // @ts-expect-error -- a number is no list
    misuse(() => tamedResource({ stream, defaultValue: 1 }));
  });

  it('give the stream its params, which are never undefined, a signal, and the status before', () => {
    misuse(() =>
      tamedResource({
        params: () => ({ id: 1 }),
        stream({ params, abortSignal, previous }) {
          expectTypeOf(params).toEqualTypeOf<{ id: number }>();
          expectTypeOf(abortSignal).toEqualTypeOf<AbortSignal>();
          expectTypeOf(previous.status).toExtend<string>();
          return 1;
        },
      }),
    );
    // @ts-expect-error -- nothing to call
    misuse(() => tamedResource({ params: () => 1 }));
    // @ts-expect-error -- a call, not a function
    misuse(() => tamedResource({ stream: find(1) }));
    // @ts-expect-error -- asks for a string
    misuse(() => tamedResource({ params: () => 'a', stream: ({ params }) => find(params) }));
  });

  it('let toSignal know what a call and a result emit', () => {
    const made = typeOf(() => ({
      call: toSignal(find(1)),
      result: toSignal(injectAsyncScope().start(find(1)), { initialValue: 'loading' }),
    }));

    expectTypeOf(made.returned).toEqualTypeOf<{ call: Signal<string | undefined>; result: Signal<string> }>();
  });
});
