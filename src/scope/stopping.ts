import type { TimeoutError } from 'rxjs';

import { cascade } from '../execution/cascade.ts';
import { Cancellation } from '../execution/cancellation.ts';
import { atOnce } from '../execution/current-call.ts';
import type { Execution } from '../execution/execution.ts';
import { finishTelling } from '../result/telling.ts';
import { Belongings, isRunning } from './belongings.ts';
import type { CleaningUp } from './cleanup-timeout.ts';
import type { ConcurrencyLimit } from './concurrency-limit.ts';
import { titleOf, type CheckedOptions } from './options.ts';
import type { Shutdown } from './shutdown.ts';
import { supervising, unsupervised } from './supervisor.ts';
import { Triggers } from './triggers.ts';

/** A scope that is nested in another, as that one stops and closes it. */
interface Nested<N> {
  elder: N | undefined;
  younger: N | undefined;
  readonly body: Execution | undefined;
  beginClose(): unknown;
}

/**
 * How a scope is cancelled, with everything in it, in two halves: first no code goes on, then everything is torn down. `N`: the
 * scopes nested in it, which are of the same kind.
 */
export abstract class Stopping<N extends Stopping<N> & Nested<N>> extends Belongings<N> {
  /** What looks after it: see {@link Supervisor}. */
  supervisor = unsupervised;
  /** The scope it is nested in. */
  abstract override outer: N | undefined;
  /** What cancels it from outside. Undefined if it has no such option, or if it starts cancelled. */
  triggers: Triggers | undefined;
  protected shuttingDown: Shutdown | undefined;

  /** What cleans up there may take too long. */
  abstract cleansUp(child: CleaningUp | undefined): void;

  get places(): ConcurrencyLimit | undefined {
    return this.children?.places;
  }

  protected watchTriggers(options: CheckedOptions): void {
    this.triggers = new Triggers(options, this);
  }

  /** Its time is over. */
  expired(error: TimeoutError): void {
    this.keepFailures().timedOut(error, isRunning(this), this.body?.phase === 'running');
    this.stop(new Cancellation(error));
  }

  /** Tells its supervisor, and those of the scopes around it, that it is busy. */
  tellBusy(): void {
    if (supervising) {
      this.supervisor.busy();
      this.outer?.tellBusy();
    }
  }

  /** Cancels everything, for good. But a body that `knows` of the failure that causes this may go on. */
  stop(cancellation: Cancellation, knows = false): void {
    finishTelling();
    atOnce(() =>
      cascade(() => {
        if (this.halts(cancellation, knows)) {
          this.stopChildren(cancellation);
        }
      }),
    );
  }

  /** The first half. False, if nothing is left to stop, or if its body stops it. */
  protected halts(cancellation: Cancellation, knows: boolean): boolean {
    finishTelling();
    if (this.closed || (this.cancellation !== undefined && this.body?.phase !== 'running')) {
      return false;
    }
    cancellation.of(titleOf(this.name));
    this.cancellation ??= cancellation;
    this.shuttingDown?.over();
    this.supervisor.cancelled();
    const { body } = this;
    this.children?.halt(cancellation);
    this.places?.dropQueue();
    if (body?.phase !== 'running' || knows) {
      return true;
    }
    // The body made this scope, so it cancels the scope in turn: first what the body waits for, then the scope.
    this.triggers?.remove();
    this.cleansUp(this.bodyOfRun);
    body.cancel(cancellation);
    return false;
  }

  /** The second half, for it and the scopes nested in it. A list, and no recursion: their depth must not need the stack. */
  protected stopChildren(cancellation: Cancellation): void {
    const stopped: Stopping<N>[] = [];
    cascade(() => {
      const open: Stopping<N>[] = [this];
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        if (next === this || next.halts(cancellation, false)) {
          stopped.push(next);
          next.tearDownChildren(cancellation);
          [...(next.nested ?? [])].reverse().forEach((nested) => open.push(nested));
        }
      }
    });
    stopped.reverse().forEach((each) => each.release());
  }

  protected tearDownChildren(cancellation: Cancellation): void {
    if (this.body?.phase !== 'running') {
      this.triggers?.remove(); // Only then: a body that goes on can still be ended by them.
    }
    this.hold(); // The scope must not close before its signal has aborted, and its nested scopes are cancelled.
    this.children?.halt(cancellation);
    this.places?.dropQueue();
    this.children?.tearDown(cancellation);
    this.aborting?.abort(cancellation);
  }
}
