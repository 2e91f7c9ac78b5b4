import type { MessagePort } from 'node:worker_threads';

/** A port as the web defines it. */
interface WebPort {
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  start(): void;
}

/** Calls `listener` with each message. In Deno, a port that has come with a message has no `on()`, only what the web defines. */
export function listen(port: MessagePort, listener: (message: unknown) => void): void {
  if ('on' in port) {
    port.on('message', listener);
    return;
  }
  const web = port as WebPort;
  web.addEventListener('message', ({ data }) => listener(data));
  web.start();
}
