import type { ChildRecord, Journal, ScopeRecord } from './journal.ts';

const ENDS = new Set<string>(['complete', 'error', 'cancel']);

/** What must be true of every program, when it is over. */
export function violations(journal: Journal): string[] {
  return [
    ...journal.violations,
    ...journal.scopes.flatMap(ofScope),
    ...journal.children.flatMap(ofChild),
    ...ofPassages(journal),
    ...ofFailures(journal),
  ];
}

function ofPassages(journal: Journal): string[] {
  return journal.passages
    .filter(({ entered, left }) => entered !== 1 || left !== 1)
    .map(({ name, entered, left }) => `${name}: finally entered ${entered} times, left ${left} times`);
}

/** Every failure is delivered, or caught, or raised: raised and caught once. */
function ofFailures(journal: Journal): string[] {
  return [...journal.failures].flatMap(([{ message, mayBeLost }, sightings]) => {
    const count = sightings.filter(({ how }) => how === 'raised' || how === 'caught').length;
    const delivered = sightings.some(({ how }) => how === 'delivered');
    const reported = delivered || sightings.some(({ how }) => how === 'delivered late');
    const list = sightings.map(({ how, where }) => `${how} ${where}`).join(', ');
    if (count > 1 || (count === 1 && delivered)) {
      return [`${message} is reported more than once: ${list}`];
    }
    return count === 0 && !reported && !mayBeLost ? [`${message} is lost`] : [];
  });
}

function ofScope(record: ScopeRecord): string[] {
  const { name, scope, events } = record;
  const found: string[] = [];
  if (!record.ended || !scope.closed || scope.size !== 0) {
    found.push(`${name} never closes: closed ${scope.closed}, size ${scope.size}`);
  }
  for (let id = 1; id <= record.progress.length; id++) {
    found.push(
      ...ofEvents(events.filter((event) => event.id === id).map(({ type }) => type)).map(
        (each) => `${name} #${id} ${each}`,
      ),
    );
  }
  const starts = events
    .filter(({ type, id }) => type === 'start' && record.progress[id - 1]?.service !== true)
    .map(({ id }) => id);
  if (starts.some((id, index) => index > 0 && id < (starts[index - 1] as number))) {
    found.push(`${name} starts its children out of order: ${starts.join(', ')}`);
  }
  return found;
}

function ofEvents(types: string[]): string[] {
  const found: string[] = [];
  const ends = types.filter((type) => ENDS.has(type)).length;
  const starts = types.filter((type) => type === 'start').length;
  const end = types.findIndex((type) => ENDS.has(type));
  if (ends !== 1) {
    found.push(`ends ${ends} times`);
  }
  if (starts > 1 || (starts === 0 && !(types[0] === 'queue' && types[1] === 'cancel'))) {
    found.push(`starts ${starts} times`);
  }
  if (types.slice(end + 1).some((type) => type !== 'cleanup' && type !== 'abandon')) {
    found.push('goes on after its end');
  }
  if (types.filter((type) => type === 'cleanup').length > 1) {
    found.push('cleans up twice');
  }
  return found.map((each) => `${each}: ${types.join(', ')}`);
}

const STATUS: Record<string, string> = { complete: 'succeeded', error: 'failed', cancel: 'cancelled' };

function ofChild({ name, id, scope, code, result, progress }: ChildRecord): string[] {
  const end =
    id === undefined ? 'cancel' : scope.events.find((event) => event.id === id && ENDS.has(event.type))?.type;
  if (end === undefined || STATUS[end] !== result.status) {
    return [`${name}: its result is ${result.status}, its end is ${end}`];
  }
  if (result.status === 'succeeded' && code.operators.length === 0 && result.value !== name) {
    return [`${name}: its result has the value ${String(result.value)}`];
  }
  return id === undefined && progress.begun ? [`${name} begins in a cancelled scope`] : [];
}
