import type { Engine, Submission } from '../../src/fleet/engine.ts';
import type { FleetCall } from '../../src/fleet/fleet-call.ts';
import { PostOffice } from '../../src/fleet/post-office.ts';

describe('Calls that go to a fleet', () => {
  /** As much of a call as is needed to send it. */
  function callNamed(id: string): FleetCall {
    return { submission: { id, order: { args: '' } } } as unknown as FleetCall;
  }

  it('are sent, also if they are made in the moment in which the last one has gone out', async () => {
    const sent: string[] = [];
    const engine = {
      submit: (calls: readonly Submission[]) => {
        sent.push(...calls.map(({ id }) => id));
        return Promise.resolve();
      },
    };
    let office!: PostOffice;
    const all = new Promise<void>((resolve) => {
      office = new PostOffice(
        () => Promise.resolve(engine as unknown as Engine),
        ({ submission: { id } }) => {
          const next = Number(id) + 1;
          if (next > 5) {
            resolve();
          } else {
            // So many turns of the queue of microtasks later.
            let turns = Promise.resolve();
            for (let turn = 2; turn < next; turn++) {
              turns = turns.then(() => {});
            }
            void turns.then(() => office.add(callNamed(String(next))));
          }
        },
      );
    });

    office.add(callNamed('1'));
    await all;

    expect(sent).toEqual(['1', '2', '3', '4', '5']);
  });
});
