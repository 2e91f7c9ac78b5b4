// The server of the sample: node:http and nothing else, so that its view of the requests owes nothing to the library.
// Watch for: `gone` aborts when the browser closes the connection, and request-log.ts writes that down.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

import type { Seen } from '../wire.ts';
import { serveFile } from './files.ts';
import { Logbook } from './logbook.ts';
import { Recordings } from './recordings.ts';
import { Refusal } from './refusal.ts';
import { RequestLog } from './request-log.ts';
import { routesOf, type Route, type State } from './routes.ts';
import { Stations } from './stations.ts';
import { Weather } from './weather.ts';

/** A server that listens. */
export interface SampleServer extends State {
  readonly url: string;
  readonly log: RequestLog;
  close(): Promise<void>;
}

/** Listens on `port` of this machine; 0 takes a free one. Rejects if it is in use. */
export async function startServer(port: number): Promise<SampleServer> {
  const state = {
    weather: new Weather(),
    stations: new Stations(),
    recordings: new Recordings(),
    logbook: new Logbook(),
  };
  const log = new RequestLog();
  const respond = responder(state, log);
  const server = createServer((request, response) => {
    void respond(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, 'localhost', resolve),
  );
  const { port: actual } = server.address() as AddressInfo; // Of a server that listens on a port.
  return {
    ...state,
    log,
    url: `http://localhost:${actual}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Responder = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

function responder(state: State, log: RequestLog): Responder {
  const routes = routesOf(state);
  return async (request, response) => {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/api/log') {
      streamLog(log, response);
      return;
    }
    const [route, id] = routeOf(routes, `${request.method ?? 'GET'} ${pathname}`);
    if (route === undefined) {
      await serveFile(pathname, response);
    } else if (route.calm === true) {
      const body = await buffer(request);
      answer(response, () => route.answer({ id, query, body }));
    } else {
      log.follow(request, response);
      const gone = goneSignal(response);
      const body = await buffer(request);
      await state.weather.pass(gone);
      // Cleaning up is spared: what is left behind would be here for ever.
      const fails = request.method !== 'DELETE' && state.weather.strikes();
      answer(response, () => (fails ? trouble() : route.answer({ id, query, body })));
    }
  };
}

function trouble(): never {
  throw new Refusal(503, 'The server is in trouble.');
}

/** The route of a request, and what stands for `:id` in its path. */
function routeOf(routes: readonly Route[], asked: string): [route: Route | undefined, id: string] {
  const route = routes.find(({ pattern }) => pattern.test(asked));
  return [route, route?.pattern.exec(asked)?.groups?.['id'] ?? ''];
}

/** Aborts when the connection is closed, by whomever. */
function goneSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}

function answer(response: ServerResponse, value: () => unknown): void {
  try {
    send(response, 200, value() ?? {});
  } catch (error) {
    send(response, error instanceof Refusal ? error.status : 500, { message: (error as Error).message });
  }
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(value));
}

/** Server-sent events: what happens to each request, as it happens. */
function streamLog(log: RequestLog, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': from here on\n\n');
  const tell = (seen: Seen): unknown => response.write(`data: ${JSON.stringify(seen)}\n\n`);
  log.on('change', tell);
  response.once('close', () => log.off('change', tell));
}
