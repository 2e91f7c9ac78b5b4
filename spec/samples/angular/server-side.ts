import { limits } from '../../support/limits.ts';
import { startServer, type SampleServer } from '../../../samples/angular/server/server.ts';
import type { Seen } from '../../../samples/angular/wire.ts';

/** The server of the sample, quick and without fail, and what it has seen. */
export class ServerSide {
  readonly server: SampleServer;
  readonly #history: Seen[] = [];

  constructor(server: SampleServer) {
    this.server = server;
    server.weather.change({ latencyMs: 0, failurePercent: 0 });
    server.log.on('change', (seen) => this.#history.push(seen));
  }

  static async start(): Promise<ServerSide> {
    return new ServerSide(await startServer(0));
  }

  /** From here on, requests wait for ever. */
  hold(): void {
    this.server.weather.change({ latencyMs: 3_600_000 });
  }

  /** Answers all those that wait, and from here on at once. */
  release(): void {
    this.server.weather.change({ latencyMs: 0 });
  }

  /** Holds what comes after the first request that matches and has been answered. */
  holdAfter(which: RegExp): void {
    const { log } = this.server;
    const look = ({ method, path, state }: Seen): void => {
      if (state === 'finished' && which.test(`${method} ${path}`)) {
        log.off('change', look); // A later one must not hold what was released meanwhile.
        this.hold();
      }
    };
    log.on('change', look);
  }

  /** Every request whose method and path match, in the order of their begin, as it is now. */
  requests(which: RegExp): Seen[] {
    const latest = new Map(this.#history.map((seen) => [seen.id, seen]));
    return [...latest.values()].filter(({ method, path }) => which.test(`${method} ${path}`));
  }

  /** The paths of those that match and are in that state. */
  paths(which: RegExp, state: Seen['state']): string[] {
    return this.requests(which)
      .filter((seen) => seen.state === state)
      .map(({ path }) => path);
  }

  /**
   * Fulfils when so many that match are held. One that was being answered when the server began to hold looks the same, but has
   * ended a few turns of the event loop later: that takes no time but its own.
   */
  async untilHeld(which: RegExp, count: number): Promise<void> {
    const running = (): string =>
      this.requests(which)
        .flatMap(({ id, state }) => (state === 'running' ? id : []))
        .join();
    let before: string;
    do {
      await this.until(() => this.paths(which, 'running').length === count);
      before = running();
      for (let turn = 0; turn < 20; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    } while (running() !== before);
  }

  /**
   * Fulfils when the server has heard that so many that match were aborted. It may hear that later than whatever the page shows, or
   * asks for on another connection; until then, `release()` would answer them.
   */
  async untilAborted(which: RegExp, count: number): Promise<void> {
    await this.until(() => this.paths(which, 'aborted').length === count);
  }

  get isIdle(): boolean {
    return this.paths(/./, 'running').length === 0;
  }

  /** How many of those that match have been running at the same time, at most. */
  peak(which: RegExp): number {
    const counts = [0];
    for (const { method, path, state } of this.#history) {
      if (which.test(`${method} ${path}`)) {
        counts.unshift(counts[0]! + (state === 'running' ? 1 : -1));
      }
    }
    return Math.max(...counts);
  }

  /** Fulfils when `condition` holds, which is looked at whenever a request begins or ends. */
  async until(condition: () => boolean): Promise<void> {
    const { log } = this.server;
    await new Promise<void>((resolve, reject) => {
      const give = (settle: () => void): void => {
        clearTimeout(limit);
        log.off('change', look);
        settle();
      };
      const look = (): void => {
        if (condition()) {
          give(resolve);
        }
      };
      const limit = setTimeout(() => {
        const seen = this.requests(/./).map(({ method, path, state }) => `${method} ${path}: ${state}`);
        give(() =>
          reject(new Error(`Never saw that ${String(condition)}, but only:\n${seen.slice(-30).join('\n')}`)),
        );
      }, limits.process);
      log.on('change', look);
      look();
    });
  }
}
