// Records the end of every request. Watch for: `aborted` is what the server sees, not what the browser believes.
import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Seen } from '../wire.ts';

/** Emits `change` when a request has begun, and when it has ended. */
export class RequestLog extends EventEmitter<{ change: [Seen] }> {
  #count = 0;

  constructor() {
    super();
    this.setMaxListeners(0); // One for each page that is open.
  }

  /** Follows a request until its answer has been sent, or its connection has been closed before that. */
  follow(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url: path = '' } = request;
    const begun = { id: ++this.#count, method, path, state: 'running', status: 0 } as const;
    this.emit('change', begun);
    response.once('close', () => {
      const { writableFinished: sent, statusCode: status } = response;
      this.emit('change', sent ? { ...begun, state: 'finished', status } : { ...begun, state: 'aborted' });
    });
  }
}
