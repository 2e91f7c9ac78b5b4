import { hasMethod, isWebStream } from './shapes.ts';

/** A stream of Node, as far as it is needed. */
interface NodeStream<T> extends AsyncIterable<T> {
  destroy(): unknown;
}

function isNodeStream(value: unknown): value is NodeStream<unknown> {
  return hasMethod(value, 'destroy') && hasMethod(value, 'pipe');
}

/**
 * The iterator of a stream. Its `return()` ends the stream at once, also while a value is awaited: the one that streams have by
 * themselves waits for that value first, so that a connection would stay open behind a cancel. Undefined for anything else.
 */
export function iteratorOfStream<T>(source: AsyncIterable<T>): AsyncIterator<T> | undefined {
  if (isWebStream(source)) {
    return new WebIterator<T>((source as ReadableStream<T>).getReader());
  }
  return isNodeStream(source) ? new NodeIterator<T>(source as NodeStream<T>) : undefined;
}

class WebIterator<T> implements AsyncIterator<T> {
  readonly #reader: ReadableStreamDefaultReader<T>;

  constructor(reader: ReadableStreamDefaultReader<T>) {
    this.#reader = reader;
  }

  async next(): Promise<IteratorResult<T>> {
    let goesOn = false;
    try {
      const { done, value } = await this.#reader.read();
      goesOn = !done;
      return done ? { done, value: undefined } : { done, value };
    } finally {
      if (!goesOn) {
        this.#reader.releaseLock();
      }
    }
  }

  async return(): Promise<IteratorResult<T>> {
    await this.#reader.cancel();
    this.#reader.releaseLock();
    return { done: true, value: undefined };
  }
}

class NodeIterator<T> implements AsyncIterator<T> {
  readonly #stream: NodeStream<T>;
  readonly #iterator: AsyncIterator<T>;
  #hasLeft = false;

  constructor(stream: NodeStream<T>) {
    this.#stream = stream;
    this.#iterator = stream[Symbol.asyncIterator]();
  }

  async next(): Promise<IteratorResult<T>> {
    try {
      return await this.#iterator.next();
    } catch (error) {
      if (this.#hasLeft) {
        return { done: true, value: undefined }; // It has been destroyed before its end, as was wanted.
      }
      throw error;
    }
  }

  async return(): Promise<IteratorResult<T>> {
    this.#hasLeft = true;
    this.#stream.destroy();
    await this.#iterator.return?.();
    return { done: true, value: undefined };
  }
}
