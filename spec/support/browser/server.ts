import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

import type { Message } from '../told.ts';

/** A local server of the page and its scripts, which hears what the page tells. */
export async function serve(
  folder: string,
  hear: (message: Message) => void,
): Promise<AsyncDisposable & { readonly address: string }> {
  const files: Readonly<Record<string, string | URL>> = {
    '/jasmine.js': new URL('../../../node_modules/jasmine-core/lib/jasmine-core/jasmine.js', import.meta.url),
    '/boot.js': `${folder}boot.js`,
    '/specs.js': `${folder}specs.js`,
  };
  const server = createServer((request, response) => {
    const file = files[request.url ?? ''];
    if (request.url === '/') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
    } else if (file === undefined) {
      response.writeHead(404).end();
    } else {
      response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(readFileSync(file));
    }
  });
  const pages = new WebSocketServer({ server });
  pages.on('connection', (page) => {
    page.on('error', () => {}); // It has been left, or killed.
    page.on('message', (text: Buffer) => {
      const message = JSON.parse(text.toString()) as Message;
      hear(message);
      if (message.method === 'jasmineDone') {
        page.send('heard');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        pages.clients.forEach((page) => page.terminate());
      }),
  };
}

const html = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Specs of async-tamer</title><link rel="icon" href="data:,"></head>
  <body>
    <script src="/jasmine.js"></script>
    <script src="/boot.js"></script>
    <script src="/specs.js"></script>
  </body>
</html>
`;
