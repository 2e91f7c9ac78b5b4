// The table of requests and answers.
import type { Conditions } from '../wire.ts';
import { birdOf, find, sightingsOf } from './birds.ts';
import type { Logbook } from './logbook.ts';
import type { Recordings } from './recordings.ts';
import { Refusal } from './refusal.ts';
import type { Stations } from './stations.ts';
import type { Weather } from './weather.ts';

/** What the server remembers. */
export interface State {
  readonly weather: Weather;
  readonly stations: Stations;
  readonly recordings: Recordings;
  readonly logbook: Logbook;
}

/** A request, read. */
export interface Asked {
  /** Of its path, what stands for `:id`. */
  readonly id: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

export interface Route {
  /** Matches its method and path. */
  readonly pattern: RegExp;
  /** Answered at once and without fail: what the demonstration itself needs. */
  readonly calm?: true;
  readonly answer: (asked: Asked) => unknown;
}

export function routesOf({ weather, stations, recordings, logbook }: State): Route[] {
  const routes: Record<string, Omit<Route, 'pattern'>> = {
    'GET /api/conditions': { calm: true, answer: () => weather.conditions },
    'PUT /api/conditions': { calm: true, answer: ({ body }) => weather.change(json<Conditions>(body)) },

    'GET /api/birds': { answer: ({ query }) => find(query.get('q') ?? '') },
    'GET /api/birds/:id': { answer: ({ id }) => known(birdOf(id), id) },
    'GET /api/birds/:id/sightings': { answer: ({ id }) => sightingsOf(known(birdOf(id), id)) },

    'GET /api/stations': { answer: () => stations.list },
    'GET /api/stations/:id': { answer: ({ id }) => stations.read(id) },

    'POST /api/recordings/:id': {
      answer({ id, body }) {
        const { name, size } = json<{ name: string; size: number }>(body);
        recordings.begin(id, name, size);
      },
    },
    'PUT /api/recordings/:id': {
      answer: ({ id, query, body }) => recordings.append(id, Number(query.get('offset')), body),
    },
    'POST /api/recordings/:id/finish': { answer: ({ id }) => recordings.finish(id) },
    'DELETE /api/recordings/:id': { answer: ({ id }) => recordings.discard(id) },

    'POST /api/logbook/readers/:id': { answer: ({ id }) => logbook.take(id) },
    'GET /api/logbook/pages/:id': { answer: ({ id }) => logbook.read(Number(id)) },
    'DELETE /api/logbook/readers/:id': { answer: ({ id }) => logbook.giveBack(id) },
  };
  return Object.entries(routes).map(([key, route]) => ({
    ...route,
    pattern: new RegExp(`^${key.replace(':id', '(?<id>[\\w-]+)')}$`),
  }));
}

function json<T>(body: Buffer): T {
  return JSON.parse(body.toString()) as T; // The app sends what wire.ts says.
}

function known<T>(value: T | undefined, id: string): T {
  if (value === undefined) {
    throw new Refusal(404, `There is no bird "${id}".`);
  }
  return value;
}
