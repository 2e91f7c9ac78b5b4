import { argv } from 'node:process';
import {
  Component,
  ErrorHandler,
  provideZoneChangeDetection,
  provideZonelessChangeDetection,
  signal,
  type Type,
} from '@angular/core';
import { bootstrapApplication } from '@angular/platform-browser';
import { provideServerRendering, renderApplication } from '@angular/platform-server';
import { NEVER, type ObservableInput } from 'rxjs';
import { sleep, tamed } from 'async-tamer';
import { injectAsyncScope, tamedResource, whenScopesClosed } from 'async-tamer/angular';

const handled: string[] = [];
const told: string[] = [];

/** What stands in the page that a server would send. */
async function render(component: Type<unknown>): Promise<string> {
  const providers = [
    provideServerRendering(),
    argv[2] === 'zone.js' ? provideZoneChangeDetection() : provideZonelessChangeDetection(),
    {
      provide: ErrorHandler,
      useValue: { handleError: (error: unknown) => handled.push(String(error)) },
    },
  ];
  const page = await renderApplication((context) => bootstrapApplication(component, { providers }, context), {
    document: '<app-root></app-root>',
  });
  return />([^<>]*)<\/app-root>/.exec(page)?.[1] ?? page;
}

/** Cleans up, which takes time, and says so. */
const load = tamed(function* (name: string, wait: ObservableInput<unknown> = sleep(5)) {
  try {
    yield* tamed.from(wait);
    return `${name} loaded`;
  } finally {
    yield* sleep(5);
    told.push(`${name} cleaned up`);
  }
});

@Component({ selector: 'app-root', template: '{{ text() }}' })
class Waiting {
  readonly text = signal('loading');
  readonly #scope = injectAsyncScope({ pendingTasks: true, concurrency: 1 });

  constructor() {
    this.#scope.start(load('first'));
    this.#scope.start(load('second')).subscribe((text) => this.text.set(text));
  }
}

@Component({ selector: 'app-root', template: '{{ text() }}' })
class Leaving {
  readonly text = signal('loading');
  readonly #scope = injectAsyncScope();

  constructor() {
    this.#scope.start(load('late', NEVER)).subscribe((text) => this.text.set(text));
  }
}

@Component({ selector: 'app-root', template: '{{ resource.value() }}' })
class WithResource {
  readonly resource = tamedResource({ stream: () => load('resource'), defaultValue: 'loading' });
}

@Component({ selector: 'app-root', template: 'rendered' })
class Failing {
  readonly #scope = injectAsyncScope({ pendingTasks: true });

  constructor() {
    const fail = tamed(function* (): Generator<never, void> {
      yield* sleep(1);
      throw new Error('while it is rendered');
    });
    this.#scope.start(fail());
  }
}

@Component({ selector: 'app-root', template: 'rendered' })
class FailingLater {
  readonly #scope = injectAsyncScope();

  constructor() {
    const fail = tamed(function* () {
      try {
        yield* tamed.from(NEVER);
      } finally {
        yield* sleep(5);
        throw new Error('when all has been destroyed');
      }
    });
    this.#scope.start(fail());
  }
}

const waiting = [await render(Waiting), ...told.splice(0)];
const leaving = [await render(Leaving), ...told.splice(0)];
await whenScopesClosed();
leaving.push(...told.splice(0));
const withResource = [await render(WithResource)];
await whenScopesClosed();
withResource.push(...told.splice(0));
const together = await Promise.all([render(Waiting), render(Leaving), render(WithResource)]);
const failing = [await render(Failing), ...handled.splice(0)];
const failingLater = [await render(FailingLater), ...handled.splice(0)];
while (handled.length === 0) {
  await sleep(5); // No code awaits the scope, so its error is reported, after the page has gone.
}
failingLater.push(...handled.splice(0));

console.log(JSON.stringify({ waiting, leaving, withResource, together, failing, failingLater }));
