import { Observable, type Subscription } from 'rxjs';

import { FleetCall, type Desk } from '../../src/fleet/fleet-call.ts';
import type { Answer } from '../../src/fleet/messages.ts';
import { checkFleetOptions } from '../../src/fleet/options.ts';
import { FleetError } from '../../src/remote/fleet-error.ts';
import { packOutcome, packValue } from '../../src/remote/payload.ts';

/** A call that is run by a worker which these specs play, and what has come of it. */
class Played {
  readonly values: unknown[] = [];
  readonly events: string[] = [];
  error: unknown;
  completed = false;
  readonly told: unknown[] = [];
  call!: FleetCall;
  readonly subscription: Subscription;

  constructor() {
    const desk: Desk = {
      topic: 'caller',
      options: checkFleetOptions('file:///work.js', {}),
      takeBack: () => false,
      cancel() {},
      sendAgain() {},
      tell: (_worker, message) => this.told.push(message),
      deliver: (call) => call.deliver(Infinity),
      over() {},
      happened: (type) => this.events.push(type),
    };
    this.subscription = new Observable<unknown>((subscriber) => {
      this.call = new FleetCall('1', 'work', [], {}, subscriber, desk);
      return () => this.call.teardown();
    }).subscribe({
      next: (value) => this.values.push(value),
      error: (error: unknown) => (this.error = error),
      complete: () => (this.completed = true),
    });
    this.call.hear('worker', ['began', '1', 1, null]);
  }

  sends(value: unknown): void {
    this.call.hear('worker', ['values', '1', 1, 0, [packValue('work', value, 1000)]]);
  }
}

/** An end after one value that was sent before. */
const answer: Answer = {
  attempt: 1,
  values: [],
  sent: 1,
  outcome: packOutcome({ failure: undefined, cleanup: [] }).packed,
};

describe('A call of a fleet that has ended in the queue', () => {
  it('waits for values that are still on their way', () => {
    const played = new Played();

    played.call.endedInQueue(answer, 60_000);
    played.sends('one');
    played.call.hear('worker', ['ended', '1', answer]);

    expect(played.values).toEqual(['one']);
    expect(played.error).toBeUndefined();
    expect(played.completed).toBeTrue();
  });

  it('ends by what the queue says where its values have come, and no letter tells the end', () => {
    const played = new Played();
    played.sends('one');

    played.call.endedInQueue(answer, 60_000);

    expect([played.values, played.completed]).toEqual([['one'], true]);
  });

  it('fails as lost if they have not come in time', () => {
    const played = new Played();

    played.call.endedInQueue(answer, 0);

    expect(played.error).toBeInstanceOf(FleetError);
    expect((played.error as FleetError).code).toBe('lost');
  });
});

describe('A call of a fleet whose worker says how many values it has sent', () => {
  it('tells how much is taken, all in all: as often as it is asked', () => {
    const played = new Played();
    played.sends('one');
    const [taken] = played.told;

    played.call.hear('worker', ['sent', '1', 1, 1]);
    played.call.hear('worker', ['sent', '1', 1, 1]);

    expect(taken).toEqual(['taken', '1', jasmine.any(Number)]);
    expect(played.told).toEqual([taken, taken, taken]);
    expect(played.error).toBeUndefined();
  });

  it('fails as lost if some have not come, and is ended over there', () => {
    const played = new Played();

    played.call.hear('worker', ['sent', '1', 1, 1]);

    expect((played.error as FleetError).code).toBe('lost');
    expect(played.told).toEqual([['cancel', '1', jasmine.any(String)]]);
  });

  it('misses none once it is cancelled', () => {
    const played = new Played();
    played.subscription.unsubscribe();

    played.call.hear('worker', ['sent', '1', 1, 1]);
    played.call.hear('worker', ['values', '1', 1, 2, [packValue('work', 'three', 1000)]]);

    expect(played.call.state).toBe('cancelled');
  });
});

describe('A call of a fleet whose worker is quicker than the answer of the queue', () => {
  it('has been sent before it begins, and once', () => {
    const { call, events } = new Played();

    call.sent();

    expect(events).toEqual(['sent', 'began']);
  });
});
