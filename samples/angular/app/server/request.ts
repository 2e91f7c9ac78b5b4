// How the app asks its server. Watch for: abortSignal() is what makes a cancelled request an aborted one. It is asked for
// before the first await, where every browser knows which call runs.
import { abortSignal, tamed } from 'async-tamer';

/** The server has answered, but not with what was asked for. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const request = tamed(async function request<T>(method: string, path: string, body?: BodyInit): Promise<T> {
  const response = await fetch(path, {
    method,
    signal: abortSignal(),
    ...(body === undefined ? {} : { body }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) {
    throw new ServerError(response.status, (answer as { message: string }).message);
  }
  return answer as T; // What wire.ts says.
});

export const get = <T>(path: string) => request<T>('GET', path);
export const put = (path: string, body: BodyInit) => request<unknown>('PUT', path, body);
export const post = <T>(path: string, value: unknown = {}) => request<T>('POST', path, JSON.stringify(value));
export const remove = (path: string) => request<unknown>('DELETE', path);

/** For what the app names itself, so that it can take it back even if no answer ever came. */
export function shortId(): string {
  return crypto.randomUUID().slice(0, 8);
}
