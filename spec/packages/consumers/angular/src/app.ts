import { Component } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { bootstrapApplication } from '@angular/platform-browser';
import { sleep, tamed } from 'async-tamer';
import { injectAsyncScope } from 'async-tamer/angular';

const greet = tamed(function* () {
  yield* sleep(1);
  return 'hello';
});

@Component({ selector: 'app-root', template: '{{ greeting() }}' })
class App {
  readonly greeting = toSignal(injectAsyncScope().start(greet()));
}

void bootstrapApplication(App);
