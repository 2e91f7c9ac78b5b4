import fc from 'fast-check';

/**
 * A program small enough to be predicted: the coroutines of one scope, on virtual time. All times are so far apart that no
 * two things happen at the same one by chance, so what is at the same time is cause and effect.
 */
export interface Plan {
  readonly options: PlanOptions;
  readonly children: readonly Code[];
  readonly closeAt: number;
  readonly cancelAt: number | undefined;
}

export interface PlanOptions {
  readonly exitMode: 'wait' | 'cancel' | 'raise';
  readonly errorMode: 'cancel' | 'continue';
  readonly concurrency: number | undefined;
  readonly timeout: number | undefined;
}

export type Code = readonly Act[];

/** `of`: one of those it may await, counted from the last one, modulo how many there are. */
export type Act =
  | { readonly do: 'sleep'; readonly ms: number }
  | { readonly do: 'throw' }
  | { readonly do: 'cancel' }
  | { readonly do: 'start'; readonly code: Code }
  | { readonly do: 'await'; readonly of: number; readonly caught: boolean }
  | { readonly do: 'try'; readonly code: Code; readonly last: Code };

/** How a program went: what became of each child, in the order of their start, and of the close. */
export interface Course {
  readonly children: readonly End[];
  readonly close: Close | undefined;
}

export interface Close {
  readonly at: number;
  readonly raised: string;
  readonly errors: readonly string[];
}

export interface End {
  readonly status: string;
  /** Its value, or its failure. */
  readonly outcome: string | undefined;
  readonly at: number;
}

const time = (most: number): fc.Arbitrary<number> => fc.noBias(fc.integer({ min: 1, max: most }));
const sleep = time(1e6).map((ms) => ({ do: 'sleep' as const, ms }));
const sometimes = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 3 });

const { code } = fc.letrec<{ code: Code; act: Act }>((tie) => ({
  code: fc.array(tie('act'), { maxLength: 5, depthIdentifier: 'plan', size: 'medium' }),
  act: fc.oneof(
    { depthIdentifier: 'plan', maxDepth: 5, withCrossShrink: true },
    { weight: 6, arbitrary: sleep },
    { weight: 1, arbitrary: fc.constant({ do: 'throw' as const }) },
    { weight: 1, arbitrary: fc.constant({ do: 'cancel' as const }) },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('await' as const), of: fc.nat(5), caught: fc.boolean() }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('start' as const), code: tie('code') }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('try' as const),
        code: tie('code'),
        // What a coroutine is cancelled with, and how that comes back to it, is specified elsewhere.
        last: fc.array(fc.oneof({ weight: 3, arbitrary: sleep }, fc.constant({ do: 'throw' as const })), {
          maxLength: 2,
        }),
      }),
    },
  ),
}));

export const plans: fc.Arbitrary<Plan> = fc.record({
  options: fc.record({
    exitMode: fc.constantFrom('wait' as const, 'wait' as const, 'cancel' as const, 'raise' as const),
    errorMode: fc.constantFrom('cancel' as const, 'continue' as const),
    concurrency: sometimes(fc.integer({ min: 1, max: 3 })),
    timeout: sometimes(time(4e6)),
  }),
  children: fc.array(code, { minLength: 1, maxLength: 5, size: 'max' }),
  closeAt: time(3e6),
  cancelAt: sometimes(time(3e6)),
});
