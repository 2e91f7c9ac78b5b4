// The room `fleet`. It promises: a call that runs on another machine is like any call; it can be cancelled, fail and block, and
// is not lost with a machine. It takes from `threads`: that a call can be run in a thread. It takes from `remote`: what calls
// have in common that run elsewhere.

/**
 * The exported functions of a module, run on the machines of a fleet as tamed calls.
 *
 * @module async-tamer/fleet
 */

import type { Observable } from 'rxjs';

import { quote, startStackAt } from '../execution/errors.ts';
import { functionsOf, hrefOf, type RemoteFunctions, type Runner } from '../remote/functions.ts';
import { Caller } from './caller.ts';
import type { FleetEvent } from './events.ts';
import { LocalFleet } from './local-fleet.ts';
import {
  checkCallOptions,
  checkFleetOptions,
  checkServeOptions,
  type CallOptions,
  type FleetOptions,
  type ServeOptions,
} from './options.ts';
import { serve } from './serve.ts';
import type { FleetState } from './state.ts';

export { FleetError, type FleetErrorCode } from '../remote/fleet-error.ts';
export type { FleetEvent } from './events.ts';
export type { CallOptions, FleetOptions, ServeOptions } from './options.ts';
export type { FleetState } from './state.ts';

/**
 * The exported functions of a module `M`, each as a tamed function that runs on a machine of the fleet. An export that is no
 * function, is a class, or needs a `this` is left out.
 *
 * Disposing it closes the connection: by `await using`, or by `using` where code may block. Until then the connection keeps the
 * process alive.
 *
 * @example
 * ```ts
 * import { fleet, type Fleet } from 'async-tamer/fleet';
 *
 * interface Work { square(n: number): number } // or typeof import('./work.js')
 *
 * const sum = async (work: Fleet<Work>) => (await work.square(3)) + (await work.square(4));
 * await using work = fleet<Work>('data:text/javascript,export const square = (n) => n * n');
 * console.log(await sum(work));
 * // => 25
 * ```
 */
export type Fleet<M> = Disposable & AsyncDisposable & RemoteFunctions<M>;

interface Company extends Runner {
  functionNamed(name: string, options?: CallOptions): ReturnType<Runner['functionNamed']>;
  readonly events: Observable<FleetEvent>;
  state(): Promise<FleetState>;
}

const companies = new WeakMap<object, Company>();

/**
 * Runs the exported functions of a module on many machines: on every machine where `async-tamer-worker` runs the same module and
 * has a place.
 *
 * It returns an object with a function for each function that the module exports. The calls are those of `threads()`: cold,
 * cancellable, and each runs in a thread of its worker. Without a `connection` that worker is this process. With a `connection`,
 * calls go through a queue on a Redis or Valkey. BullMQ keeps the queue; install it together with ioredis.
 *
 * A cancelled call is cleaned up on its machine, and the scope here waits for that. If the machine is out of contact, it ends the
 * call by itself, and the scope waits for `leaseMs`, the machine's `graceMs` and up to a second. A call whose machine is lost is run
 * once more, unless it has sent values. So its function may run twice, and the call settles once. If a process dies, its calls
 * are cancelled.
 *
 * Arguments and values are copied. A `TypeError` refuses what threads cannot be given, either. A call fails with a {@link
 * FleetError} if the fleet could not run it. `fleet` throws a `TypeError` at once for wrong arguments.
 *
 * Under `block()` a thread makes the call, while this one sleeps.
 *
 * @example
 * ```ts
 * import { fleet } from 'async-tamer/fleet';
 *
 * // Usually: fleet<typeof import('./work.js')>(new URL('./work.js', import.meta.url), { connection: 'redis://…' })
 * const url = 'data:text/javascript,export const square = (n) => n * n';
 * await using work = fleet<{ square(n: number): number }>(url);
 * console.log(await work.square(3), work.square(4).block());
 * // => 9 16
 * ```
 */
export function fleet<M>(url: URL | string, options: FleetOptions = {}): Fleet<M> {
  try {
    const href = hrefOf(url, 'fleet');
    const checked = checkFleetOptions(href, options);
    const company =
      checked.connection === undefined ? new LocalFleet(href, checked) : new Caller(href, checked);
    return fleetOf(company, {}) as Fleet<M>; // The module is not seen here.
  } catch (error) {
    throw error instanceof Error ? startStackAt(error, fleet) : error;
  }
}

function fleetOf(company: Company, options: CallOptions): object {
  const functions = functionsOf({
    functionNamed: (name) => company.functionNamed(name, options),
    close: () => company.close(),
    closeHere: () => company.closeHere(),
  });
  companies.set(functions, company);
  return functions;
}

function companyOf(work: unknown, caller: string): Company {
  const company = typeof work === 'object' && work !== null ? companies.get(work) : undefined;
  if (company === undefined) {
    throw new TypeError(`${caller}() takes what fleet() returns, but got ${quote(work)}.`);
  }
  return company;
}

/**
 * The same fleet, whose calls go through the queue by these options. Disposing it closes the fleet itself. Throws a `TypeError` for
 * wrong arguments.
 *
 * @example
 * ```ts
 * import { fleet, withOptions } from 'async-tamer/fleet';
 *
 * await using work = fleet<{ square(n: number): number }>('data:text/javascript,export const square = (n) => n * n');
 * const urgent = withOptions(work, { priority: 1 });
 * console.log(await urgent.square(3));
 * // => 9
 * ```
 */
export function withOptions<M>(work: Fleet<M>, options: CallOptions): Fleet<M> {
  const company = companyOf(work, 'withOptions');
  return fleetOf(company, checkCallOptions('withOptions()', options)) as Fleet<M>;
}

/**
 * What happens to the calls of a fleet from now on, for logs and meters. Completes when the fleet is closed. Throws a `TypeError`
 * for anything that is no fleet.
 *
 * @example
 * ```ts
 * import { fleet, fleetEvents } from 'async-tamer/fleet';
 *
 * await using work = fleet<{ square(n: number): number }>('data:text/javascript,export const square = (n) => n * n');
 * const types: string[] = [];
 * fleetEvents(work).subscribe(({ type }) => types.push(type));
 * await work.square(3);
 * console.log(types.join(', '));
 * // => sent, began, ended
 * ```
 */
export function fleetEvents(work: Disposable & AsyncDisposable): Observable<FleetEvent> {
  return companyOf(work, 'fleetEvents').events;
}

/**
 * How many workers are up, and how many calls wait, run, and have failed. Rejects with a {@link FleetError} if the server does
 * not answer.
 *
 * @example
 * ```ts
 * import { fleet, fleetState } from 'async-tamer/fleet';
 *
 * await using work = fleet<{ square(n: number): number }>('data:text/javascript,export const square = (n) => n * n');
 * const { workers, queued, running } = await fleetState(work);
 * console.log(workers, queued, running);
 * // => 1 0 0
 * ```
 */
export function fleetState(work: Disposable & AsyncDisposable): Promise<FleetState> {
  return companyOf(work, 'fleetState').state();
}

/**
 * Serves a fleet from this process: it takes calls out of the queue and runs them in threads. It fulfils when it takes calls.
 * Disposing the returned object ends it: it takes no more calls, waits `shutdownMs` for those that run, and puts the rest back.
 * The command `async-tamer-worker` does the same, and starts again if its process is killed.
 *
 * It rejects with a {@link FleetError} if the server cannot be used, and with a `TypeError` for wrong arguments, or for a module
 * without functions.
 *
 * @example
 * ```ts
 * import { fleet, FleetError, serveFleet } from 'async-tamer/fleet';
 *
 * const url = 'data:text/javascript,export const square = (n) => n * n';
 * const connection = 'redis://127.0.0.1:1'; // No server is there.
 * await serveFleet(url, { connection }).catch((error) => console.log(error instanceof FleetError, error.code));
 * // => true send
 * ```
 */
export async function serveFleet(url: URL | string, options: ServeOptions): Promise<AsyncDisposable> {
  const href = hrefOf(url, 'serveFleet');
  return serve(href, checkServeOptions(href, options));
}
