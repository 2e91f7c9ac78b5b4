import type { Code, Intervention, Operator, Program, ScopeOptions, Step } from './program.ts';

/** A name for every piece of code: a, b, c… in the order in which they are printed. */
export function namesOf(program: Program): Map<Code, string> {
  const names = new Map<Code, string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) {
      return;
    }
    if ('style' in value) {
      names.set(value as Code, nameOf(names.size));
    }
    Object.values(value).forEach(visit);
  };
  visit(program);
  return names;
}

function nameOf(index: number): string {
  const letter = String.fromCharCode(97 + (index % 26));
  return index < 26 ? letter : `${letter}${Math.floor(index / 26)}`;
}

/** The program as code-like text. */
export function print(program: Program): string {
  const names = namesOf(program);
  const { form, root, code, others, outside, closeAt } = program;
  const head =
    form === 'run'
      ? `AsyncScope.run(${printCode(code, names)}, ${printOptions(root)}).subscribe()`
      : `scope = new AsyncScope(${printOptions(root)})\nscope.start(${printCode(code, names)})`;
  const later = outside.map((each) => `at ${each.at}: ${printIntervention(each, names)}`);
  const beside = others.map((each) => `scope.start(${printCode(each, names)})`);
  return [head, ...beside, ...later, ...(form === 'scope' ? [`at ${closeAt}: scope.close()`] : [])].join(
    '\n',
  );
}

function printOptions(options: ScopeOptions): string {
  const defaults: Record<string, unknown> = { exitMode: 'wait', errorMode: 'cancel' };
  const list = Object.entries(options)
    .filter(([key, value]) => defaults[key] !== value)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return list.length === 0 ? '{}' : `{ ${list.join(', ')} }`;
}

function printIntervention(intervention: Intervention, names: Map<Code, string>): string {
  switch (intervention.type) {
    case 'start':
      return `scope.start(${printCode(intervention.code, names)})`;
    case 'shutdown':
      return `scope.shutdown({ timeout: ${intervention.timeout} })`;
    case 'await':
      return `subscribe to result ${intervention.result}`;
    case 'cancel':
      return 'scope.cancel()';
    case 'abort':
      return 'controller.abort()';
    case 'unsubscribe':
      return 'unsubscribe()';
  }
}

function printCode(code: Code, names: Map<Code, string>): string {
  const head = {
    coroutine: 'function*',
    'async function': 'async function',
    'async generator': 'async function*',
  }[code.style];
  const operators = code.operators.map((each) => printOperator(each, names));
  const pipe = operators.length === 0 ? '' : `.pipe(${operators.join(', ')})`;
  return `${head} ${names.get(code)}() ${printBlock(code.steps, names)}${pipe}`;
}

function printOperator(operator: Operator, names: Map<Code, string>): string {
  if ('ms' in operator) {
    return `${operator.name}(${operator.ms})`;
  }
  if (operator.name === 'finalize') {
    return `finalize(() => cleanup(${printCode(operator.cleanup, names)}))`;
  }
  return operator.name;
}

function printBlock(steps: readonly Step[], names: Map<Code, string>): string {
  if (steps.length === 0) {
    return '{}';
  }
  return `{\n${steps.map((step) => printStep(step, names).replaceAll(/^/gm, '  ')).join('\n')}\n}`;
}

function printStep(step: Step, names: Map<Code, string>): string {
  switch (step.type) {
    case 'sleep':
      return `sleep(${step.ms})`;
    case 'throw':
      return 'throw';
    case 'start':
      return `scopes[${step.level}].start(${printCode(step.code, names)}${printStart(step)})`;
    case 'cleanup':
      return `await cleanup(${printCode(step.code, names)})`;
    case 'await':
      return step.caught ? `try { await results[${step.result}] } catch {}` : `await results[${step.result}]`;
    case 'call':
      return `await ${printCode(step.code, names)}`;
    case 'all':
      return `await tamed.all([${step.codes.map((code) => printCode(code, names)).join(', ')}])`;
    case 'settled':
      return `await allSettled([${step.codes.map((code) => printCode(code, names)).join(', ')}])`;
    case 'rows': {
      const options = `{ concurrency: ${step.places}, ordered: ${step.ordered} }`;
      const source = `${step.late ? 'later' : ''}[${step.codes.map((code) => printCode(code, names)).join(', ')}]`;
      return `await concurrently(${source}, (call) => call, ${options})`;
    }
    case 'acquire':
      return `await acquire(${printCode(step.code, names)}, () => sleep(${step.ms}))`;
    case 'try':
      return `try ${printBlock(step.steps, names)} finally ${printBlock(step.finally, names)}`;
    case 'catch':
      return `try ${printBlock(step.steps, names)} catch {} ${step.cancels ? '// a cancel too' : '// no cancel'}`;
    case 'cancel':
      return `scopes[${step.level}].cancel()`;
    case 'run':
      return `await AsyncScope.run(${printCode(step.body, names)}, ${printOptions(step.options)})`;
    case 'scope': {
      const parent = step.owner === 'code' || step.owner === 'call' ? '' : `, parent: scopes[${step.level}]`;
      const head = step.owner === 'parent' || step.owner === 'call' ? 'const' : 'await using';
      return `${head} scope = new AsyncScope(${printOptions(step.options)}${parent}) ${printBlock(step.steps, names)}`;
    }
  }
}

function printStart({ service, abortAfter }: Extract<Step, { type: 'start' }>): string {
  const options = [
    ...(service ? ['service: true'] : []),
    ...(abortAfter === undefined ? [] : [`signal: AbortSignal.timeout(${abortAfter})`]),
  ];
  return options.length === 0 ? '' : `, { ${options.join(', ')} }`;
}
