import { asyncScheduler, of, switchMap } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import { AsyncScope, sleep, tamed } from '../../src/index.ts';
import { diary } from '../support/diary.ts';
import { patient } from './patient.ts';

/** Which scopes are made in a scope from here on: by the child of which number, and when. */
function nestedIn(scope: AsyncScope): string[] {
  const told: string[] = [];
  scope.scopes$.subscribe(({ id, scope: nested, time }) => told.push(`${time}: ${nested.name} by ${id}`));
  return told;
}

function virtually(test: (flush: () => void) => void): void {
  new TestScheduler(() => undefined).run(({ flush }) => test(flush));
}

/** Makes a scope after so many ms, and closes it. */
const nest = tamed(function* nest(name: string, ms: number) {
  yield* sleep(ms);
  yield* new AsyncScope({ name }).close();
});

describe('The scopes$ of a scope', () => {
  it('tell of a scope that a child makes, with the number of the child', () => {
    virtually((flush) => {
      const scope = new AsyncScope();
      const told = nestedIn(scope);

      scope.start(sleep(1));
      scope.start(nest('a', 3));
      flush();

      expect(told).toEqual(['3: a by 2']);
    });
  });

  it('tell of one that a call under a child makes, at whatever depth', () => {
    virtually((flush) => {
      const scope = new AsyncScope();
      const told = nestedIn(scope);
      const outer = tamed(function* () {
        yield* nest('in a call', 1);
      });

      scope.start(outer());
      scope.start(of(2).pipe(switchMap((ms) => nest('under an operator', ms))));
      flush();

      expect(told).toEqual(['1: in a call by 1', '2: under an operator by 2']);
    });
  });

  it('tell of one that an async function makes before it awaits', () => {
    const scope = new AsyncScope();
    const told = nestedIn(scope);
    const early = tamed(async () => new AsyncScope({ name: 'early' }).close());

    scope.start(early());

    expect(told).toEqual([jasmine.stringMatching('early by 1') as never]);
  });

  it('tell of the scope of a run that is a child', () => {
    virtually((flush) => {
      const scope = new AsyncScope();
      const told = nestedIn(scope);

      scope.start(AsyncScope.run(() => 1, { name: 'run' }));
      flush();

      expect(told).toEqual(['0: run by 1']);
    });
  });

  it('tell of one that the body of its run makes, which is no child', () => {
    virtually((flush) => {
      let told: string[] = [];
      const body = function* (scope: AsyncScope): Generator<never, void> {
        told = nestedIn(scope);
        yield* sleep(2);
        yield* AsyncScope.run(() => 1, { name: 'inner' });
      };

      AsyncScope.run(body).subscribe();
      flush();

      expect(told).toEqual(['2: inner by 0']);
    });
  });

  it('tell of one whose parent it is', () => {
    virtually(() => {
      const scope = new AsyncScope();
      const told = nestedIn(scope);

      new AsyncScope({ parent: scope, name: 'a' });

      expect(told).toEqual(['0: a by 0']);
    });
  });

  it('tell of one whose parent it is with the number of its child that makes it, if one does', () => {
    virtually((flush) => {
      const scope = new AsyncScope();
      const other = new AsyncScope();
      const [told, toldOfOther] = [nestedIn(scope), nestedIn(other)];
      const adopt = tamed((parent: AsyncScope, name: string) => new AsyncScope({ parent, name }));

      scope.start(adopt(scope, 'mine'));
      other.start(adopt(scope, 'of a stranger'));
      flush();

      expect(told).toEqual(['0: mine by 1', '0: of a stranger by 0']);
      expect(toldOfOther).toEqual([]);
    });
  });

  it('do not tell of what is made in a nested scope: those of that one do', () => {
    virtually((flush) => {
      const scope = new AsyncScope();
      const told = nestedIn(scope);
      const inner: string[][] = [];
      scope.scopes$.subscribe(({ scope: nested }) => inner.push(nestedIn(nested)));

      scope.start(AsyncScope.run((middle) => middle.start(nest('innermost', 1)), { name: 'middle' }));
      flush();

      expect(told).toEqual(['0: middle by 1']);
      expect(inner[0]).toEqual(['1: innermost by 1']);
    });
  });

  it('do not tell of one that belongs to nobody', () => {
    const scope = new AsyncScope();
    const told = nestedIn(scope);

    new AsyncScope();
    scope.start(of(1)).subscribe(() => new AsyncScope());

    expect(told).toEqual([]);
  });

  it('tell of one before it has any child', () => {
    const scope = new AsyncScope();
    const events: string[] = [];
    scope.scopes$.subscribe(({ scope: nested }) =>
      nested.events$.subscribe(({ type, id }) => events.push(`${type} ${id}`)),
    );

    new AsyncScope({ parent: scope }).start(of(1));

    expect(events).toEqual(['start 1', 'next 1', 'complete 1']);
  });

  it('tell of one that starts cancelled, too', () => {
    const scope = new AsyncScope();
    const cancelled: boolean[] = [];
    scope.scopes$.subscribe(({ scope: nested }) => cancelled.push(nested.cancelled));

    scope.cancel();
    new AsyncScope({ parent: scope });

    expect(cancelled).toEqual([true]);
  });

  it('tell of that of a run in time for an observer that starts something there and then cancels all', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.scopes$.subscribe(({ scope: inner }) => {
        inner.events$.subscribe({ complete: () => note('closed inside') });
        inner.start(patient(5));
        scope.cancel();
      });

      scope.start(AsyncScope.run(() => note('body')));
      scope.close().subscribe({ complete: () => note('closed') });
      flush();

      expect(lines).toEqual(['5 closed inside', '5 closed']);
    });
  });

  it('complete when it closes, also for who comes later', () => {
    virtually((flush) => {
      const scope = new AsyncScope();
      const completed: string[] = [];
      scope.scopes$.subscribe({ complete: () => completed.push(`early ${asyncScheduler.now()}`) });

      scope.start(sleep(3));
      scope.close();
      flush();
      scope.scopes$.subscribe({ complete: () => completed.push('late') });

      expect(completed).toEqual(['early 3', 'late']);
    });
  });

  it('are watched by nobody’s code, so that what an observer makes belongs to no child', () => {
    virtually((flush) => {
      const scope = new AsyncScope();
      const made: AsyncScope[] = [];
      scope.scopes$.subscribe(() => made.push(new AsyncScope()));

      scope.start(nest('a', 1));
      flush();
      scope.cancel();

      expect(made.map(({ cancelled }) => cancelled)).toEqual([false]);
    });
  });
});
