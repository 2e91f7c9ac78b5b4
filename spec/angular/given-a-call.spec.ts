import { effect, signal, untracked } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { FormControl } from '@angular/forms';
import { provideRouter, Router } from '@angular/router';
import { finalize, NEVER, type Observable } from 'rxjs';
import { tamed } from 'async-tamer';
import { injectAsyncScope } from 'async-tamer/angular';

import { hostOf, macrotasks } from './setup/host.ts';

/** Calls that never end by themselves: `a` begins, `-a` is cancelled. */
function calls() {
  const log: string[] = [];
  const run = tamed((text: string): Observable<null> => {
    log.push(text);
    return NEVER.pipe(finalize(() => log.push(`-${text}`)));
  });
  return { log, run };
}

// The guide of Angular says so.
describe('A call that Angular is given', () => {
  it('by an async validator is cancelled by the next value', () => {
    const { log, run } = calls();
    const control = new FormControl('a', { asyncValidators: ({ value }) => run(value as string) });

    control.setValue('b');

    expect(log).toEqual(['a', '-a', 'b']);
  });

  it('by a resolver is cancelled by the next navigation', async () => {
    const { log, run } = calls();
    TestBed.configureTestingModule({
      providers: [
        provideRouter([
          { path: 'a', children: [], resolve: { it: () => run('a') } },
          { path: 'b', children: [] },
        ]),
      ],
    });
    const router = TestBed.inject(Router);

    const navigations = [router.navigateByUrl('/a')];
    await macrotasks();
    navigations.push(router.navigateByUrl('/b'));

    expect(await Promise.all(navigations)).toEqual([false, true]);
    expect(log).toEqual(['a', '-a']);
  });

  it('by an effect reads signals that the effect does not depend on, where it is started untracked', async () => {
    const letter = signal('a');
    const other = signal(1);
    const seen: string[] = [];
    const read = tamed((text: string) => seen.push(`${text}${other()}`));
    hostOf(() => {
      const scope = injectAsyncScope();
      effect(() => {
        const call = read(letter());
        untracked(() => scope.start(call));
      });
    });
    TestBed.tick();

    other.set(2);
    TestBed.tick();
    letter.set('b');
    TestBed.tick();
    await macrotasks();

    expect(seen).toEqual(['a1', 'b2']);
  });
});
