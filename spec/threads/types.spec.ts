import { expectTypeOf } from 'expect-type';
import type { Observable } from 'rxjs';

import type { TamedCall } from '../../src/index.ts';
import type { Threads } from '../../src/threads/index.ts';
import { threads, transfer, type Faults, type Work } from './kit.ts';

interface Module {
  plain: (a: number, b?: string) => boolean;
  promise: () => Promise<Date>;
  tamed: (n: number) => TamedCall<string>;
  generator: () => Generator<never, string[]>;
  asyncGenerator: () => AsyncGenerator<number>;
  observable: (...names: string[]) => Observable<{ name: string }>;
  generic: <T>(value: T) => T;
  nothing: () => void;
  anything: (...args: any[]) => any; // eslint-disable-line @typescript-eslint/no-explicit-any -- what JavaScript says of itself
  default: () => 1;
  voidThis: (this: void) => 2;
  needsThis: (this: Date) => number;
  then: () => number;
  constant: number;
  Class: new () => object;
}

// What is checked here is checked by the compiler; a spec that runs says which promise that is.
describe('The types of threads', () => {
  type Functions = Threads<Module>;

  it('have a function for each that is exported, and what ends them', () => {
    expectTypeOf<Exclude<keyof Functions, symbol>>().toEqualTypeOf<
      | ('plain' | 'promise' | 'tamed' | 'generator' | 'asyncGenerator' | 'observable')
      | ('generic' | 'nothing' | 'anything' | 'default' | 'voidThis')
    >();
    expectTypeOf<Functions>().toExtend<Disposable & AsyncDisposable>();

    expect(threads).toBeInstanceOf(Function);
  });

  it('keep the arguments, and say what a call emits, for each shape', () => {
    expectTypeOf<Functions['plain']>().toEqualTypeOf<(a: number, b?: string) => TamedCall<boolean>>();
    expectTypeOf<Functions['promise']>().toEqualTypeOf<() => TamedCall<Date>>();
    expectTypeOf<Functions['tamed']>().toEqualTypeOf<(n: number) => TamedCall<string>>();
    expectTypeOf<Functions['generator']>().toEqualTypeOf<() => TamedCall<string[]>>();
    expectTypeOf<Functions['asyncGenerator']>().toEqualTypeOf<() => TamedCall<number>>();
    expectTypeOf<Functions['observable']>().toEqualTypeOf<
      (...names: string[]) => TamedCall<{ name: string }>
    >();
    expectTypeOf<Functions['generic']>().toEqualTypeOf<(value: unknown) => TamedCall<unknown>>();
    expectTypeOf<ReturnType<Functions['anything']>>().toEqualTypeOf<TamedCall<unknown>>();
    expectTypeOf<Functions['voidThis']>().toEqualTypeOf<() => TamedCall<2>>();

    expect(threads).toBeInstanceOf(Function);
  });

  it('refuse what is misused', () => {
    const misuse = (
      work: Threads<Work>,
      faults: Threads<Faults>,
      use: (...values: unknown[]) => void,
    ): void => {
      // @ts-expect-error -- a string is no number
      use(work.add(1, '2'));
      // @ts-expect-error -- it is no function
      use(work.constant);
      // @ts-expect-error -- it needs a "this"
      use(work.needsThis);
      // @ts-expect-error -- it is a class
      use(work.NoFunction);
      // @ts-expect-error -- there is none
      use(faults.nothingLikeThat);
      // @ts-expect-error -- a number is no object
      transfer(1);
      // @ts-expect-error -- it is no option
      threads('file:///a.js', { threads: 2 });
      // @ts-expect-error -- it is one of the options of a scope
      threads('file:///a.js', { exitMode: 'raise' });
    };

    expect(misuse).toBeInstanceOf(Function);
  });
});
