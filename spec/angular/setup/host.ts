import { Component } from '@angular/core';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import { firstValueFrom, Subject, timer } from 'rxjs';
import { whenScopesClosed } from 'async-tamer/angular';

/** A component that does nothing but call `make` when it is made. */
export function hostOf<T>(make: () => T): { readonly made: T; readonly fixture: ComponentFixture<unknown> } {
  let made: { readonly value: T } | undefined;
  @Component({ template: '' })
  class Host {
    readonly made = (made = { value: make() });
  }
  const fixture = TestBed.createComponent(Host);
  return { made: made!.value, fixture };
}

/** Lets what is due at once be done, of RxJS's timers too, and what that makes due in turn. */
export async function macrotasks(): Promise<void> {
  for (let count = 0; count < 3; count += 1) {
    await firstValueFrom(timer(0));
  }
}

const gates = new Set<Subject<void>>();

/** Work that takes until the test completes it, at the latest when the test has ended. */
export function gate(): Subject<void> {
  const made = new Subject<void>();
  gates.add(made);
  return made;
}

// Each test leaves nothing behind, for which the next one would wait.
afterEach(async () => {
  TestBed.resetTestingModule();
  gates.forEach((each) => each.complete());
  gates.clear();
  await whenScopesClosed().catch(macrotasks); // So long a failed one may be asked for its error.
});
