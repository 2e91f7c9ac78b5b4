import fc from 'fast-check';

import type { Code, Intervention, Operator, Program, ScopeOptions, Step, Style } from './program.ts';

/** Which programs are made: of which styles, and for how long they may sleep at a time. */
export interface Taste {
  readonly styles: readonly Style[];
  readonly longest: number;
}

/** At most so many steps stand in a block, from the innermost blocks outwards. */
const LENGTHS = [3, 4, 5, 6, 8];

/** Random programs. One that fails is shrunk to the smallest that fails. */
export function programs({ styles, longest }: Taste): fc.Arbitrary<Program> {
  const late = fc.nat({ max: 6 * longest });
  const options = scopeOptions(late);
  const levels = LENGTHS.reduce<Level[]>(
    (inner, length) => [
      level(length, inner[0], {
        style: fc.constantFrom(...styles),
        late: styles.includes('async generator') ? fc.boolean() : fc.constant(false),
        ms: fc.nat({ max: longest }),
        options,
      }),
      ...inner,
    ],
    [],
  );
  const [outermost, inner] = levels as [Level, Level];
  const intervention: fc.Arbitrary<Intervention> = fc.oneof(
    { withCrossShrink: true },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant('await' as const), at: late, result: fc.nat({ max: 7 }) }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('start' as const), at: late, code: inner.code }) },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constantFrom('cancel' as const, 'abort' as const, 'unsubscribe' as const),
        at: late,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant('shutdown' as const), at: late, timeout: late }),
    },
  );
  const program = fc.record({
    form: fc.constantFrom('scope' as const, 'run' as const),
    root: options,
    code: fc.record({
      style: fc.constantFrom(...styles),
      steps: outermost.steps,
      operators: fc.constant([]),
    }),
    others: fc.array(inner.code, { maxLength: 3 }),
    outside: fc.array(intervention, { maxLength: 3 }),
    closeAt: late,
  });
  return fc.noBias(program); // Biased, numbers are small and lists short: programs in which little happens.
}

function scopeOptions(late: fc.Arbitrary<number>): fc.Arbitrary<ScopeOptions> {
  const arbitrary = fc.record({
    exitMode: fc.constantFrom('wait' as const, 'wait' as const, 'cancel' as const, 'raise' as const),
    errorMode: fc.constantFrom('cancel' as const, 'continue' as const),
    concurrency: sometimes(1, fc.integer({ min: 1, max: 3 })),
    timeout: sometimes(6, fc.oneof({ weight: 2, arbitrary: late }, fc.constant(NEVER_DUE))),
  });
  return arbitrary.map(({ concurrency, timeout, ...modes }) => ({
    ...modes,
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(timeout === undefined ? {} : { timeout }),
  }));
}

/** Once in `rarity + 1` times. */
/** Longer than any program: its timer must be gone when the scope has closed. */
const NEVER_DUE = 100_000;

function sometimes<T>(rarity: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof(
    { withCrossShrink: true },
    { weight: rarity, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary },
  );
}

/** What stands in blocks of one depth. */
interface Level {
  readonly code: fc.Arbitrary<Code>;
  readonly steps: fc.Arbitrary<Step[]>;
}

interface Parts {
  readonly style: fc.Arbitrary<Style>;
  readonly late: fc.Arbitrary<boolean>;
  readonly ms: fc.Arbitrary<number>;
  readonly options: fc.Arbitrary<ScopeOptions>;
}

function level(length: number, inner: Level | undefined, parts: Parts): Level {
  const choices = inner === undefined ? plain(parts.ms) : [...plain(parts.ms), ...compound(inner, parts)];
  const steps = fc.array(fc.oneof({ withCrossShrink: true }, ...choices), { maxLength: length, size: 'max' });
  const operators =
    inner === undefined
      ? fc.constant([])
      : fc.array(operator(inner.code, parts.ms), { maxLength: 2 }).map(inCascade);
  const code = fc.record({
    style: parts.style,
    steps,
    operators: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, operators),
  });
  return { code, steps };
}

interface Choice {
  readonly weight: number;
  readonly arbitrary: fc.Arbitrary<Step>;
}

const scopeLevel = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat({ max: 2 }));

function plain(ms: fc.Arbitrary<number>): Choice[] {
  return [
    { weight: 12, arbitrary: fc.record({ type: fc.constant('sleep' as const), ms }) },
    {
      weight: 10,
      arbitrary: fc.record({
        type: fc.constant('await' as const),
        result: fc.nat({ max: 4 }),
        caught: fc.boolean(),
      }),
    },
    { weight: 2, arbitrary: fc.constant({ type: 'throw' as const }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('cancel' as const), level: scopeLevel }) },
  ];
}

function compound({ code, steps }: Level, { options, ms, late }: Parts): Choice[] {
  const owner = fc.constantFrom(
    'code' as const,
    'call' as const,
    'parent, closed by code' as const,
    'parent' as const,
  );
  return [
    { weight: 18, arbitrary: start(code, ms) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('cleanup' as const), code }) },
    { weight: 4, arbitrary: fc.record({ type: fc.constant('call' as const), code }) },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant('all' as const), codes: fc.array(code, { maxLength: 3 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('settled' as const),
        codes: fc.array(code, { maxLength: 3 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant('rows' as const),
        codes: fc.array(code, { minLength: 1, maxLength: 4 }),
        places: fc.integer({ min: 1, max: 3 }),
        ordered: fc.boolean(),
        late,
      }),
    },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('acquire' as const), code, ms }) },
    { weight: 8, arbitrary: fc.record({ type: fc.constant('try' as const), steps, finally: steps }) },
    {
      weight: 4,
      arbitrary: fc.record({ type: fc.constant('catch' as const), steps, cancels: fc.boolean() }),
    },
    { weight: 4, arbitrary: fc.record({ type: fc.constant('run' as const), options, body: code }) },
    {
      weight: 4,
      arbitrary: fc.record({ type: fc.constant('scope' as const), options, steps, owner, level: scopeLevel }),
    },
  ];
}

function start(code: fc.Arbitrary<Code>, ms: fc.Arbitrary<number>): fc.Arbitrary<Step> {
  const arbitrary = fc.record({
    type: fc.constant('start' as const),
    code,
    level: scopeLevel,
    service: fc.oneof({ weight: 8, arbitrary: fc.constant(false) }, fc.constant(true)),
    abortAfter: sometimes(8, ms),
  });
  return arbitrary.map(({ abortAfter, ...step }) => ({
    ...step,
    ...(abortAfter === undefined ? {} : { abortAfter }),
  }));
}

function operator(code: fc.Arbitrary<Code>, ms: fc.Arbitrary<number>): fc.Arbitrary<Operator> {
  const names = [
    'retry',
    'catchError',
    'take',
    'switchMap',
    'latest',
    'share',
    'repeat',
    'finalizeThrow',
  ] as const;
  return fc.oneof(
    { withCrossShrink: true },
    fc.record({ name: fc.constantFrom(...names) }),
    fc.record({ name: fc.constantFrom('timeout' as const, 'takeUntil' as const, 'race' as const), ms }),
    fc.record({ name: fc.constant('finalize' as const), cleanup: code }),
  );
}

/**
 * Whose code runs is known in the cascade of a tamed call, but not in the timer of RxJS's `timeout`: so nothing else
 * subscribes or tears down in there.
 */
function inCascade(operators: Operator[]): Operator[] {
  const timed = operators.find(({ name }) => name === 'timeout');
  return timed === undefined ? operators : [timed];
}
