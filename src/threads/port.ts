import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';

/**
 * The same port, as Node defines it. In Deno, a port that has come from a worker is only what the web defines: it has no `on()`,
 * and keeps the process alive. A port that has been taken from another port is one of Node.
 */
export function asNodePort(port: MessagePort): MessagePort {
  if ('on' in port) {
    return port;
  }
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(port, [port]);
  const received = receiveMessageOnPort(port2) as { readonly message: MessagePort };
  port1.close();
  return received.message;
}
