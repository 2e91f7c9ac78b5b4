// Directories and files for code that may be cancelled at any time. What to watch for: the `finally` in withFile(). It runs
// when the work is done, when it fails, and when it is cancelled: in the middle of a read, and even while the file is still
// being opened. The scope that cancels waits for it.
import { createHash } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { open, readdir, type FileHandle } from 'node:fs/promises';

import { cleanup, tamed } from 'async-tamer';

/** How many files were opened and closed so far: the same number, when a survey is over, whatever its end. */
export const handles = {
  /** In memory that threads can share. */
  cells: new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)),
  get opened(): number {
    return Atomics.load(this.cells, 0);
  },
  get closed(): number {
    return Atomics.load(this.cells, 1);
  },
};

/** What is in a directory. */
export const entriesOf = tamed((directory: string): Promise<Dirent[]> => {
  return readdir(directory, { withFileTypes: true });
});

/** The text of a file of at most 10 MB. */
export const textOf = tamed((path: string) => {
  return withFile(path, function* (file, size) {
    if (size > 10e6) {
      throw new Error(`${path} is too big to be read at once: ${size} bytes.`);
    }
    return yield* tamed.from(file.readFile('utf8'));
  });
});

/** What a file amounts to. */
export interface Measures {
  readonly bytes: number;
  /** How many it has, if it is source code. */
  readonly lines: number;
  /** Of its content, the same for the same content; '' if it was not asked for. */
  readonly hash: string;
}

/** Reads a file from its beginning to its end. */
export const measure = tamed((path: string, hashed = false) => {
  return withFile(path, function* (file, size): Generator<never, Measures> {
    const lines = SOURCE_CODE.test(path) ? new LineCounter() : undefined;
    const hash = hashed ? createHash('sha256') : undefined;
    if (lines !== undefined || hash !== undefined) {
      // Piece by piece, so that a cancel finds a place to interrupt even in the biggest file.
      const buffer = Buffer.allocUnsafe(Math.min(size, 65_536) + 1);
      for (let piece = yield* next(file, buffer); piece.length > 0; piece = yield* next(file, buffer)) {
        lines?.add(piece);
        hash?.update(piece);
      }
    }
    return { bytes: size, lines: lines?.count ?? 0, hash: hash?.digest('hex') ?? '' };
  });
});

const SOURCE_CODE = /\.[cm]?[jt]sx?$/;

function* next(file: FileHandle, buffer: Buffer): Generator<never, Buffer> {
  const { bytesRead } = yield* tamed.from(file.read(buffer));
  return buffer.subarray(0, bytesRead);
}

class LineCounter {
  #ended = 0;
  #last = NEWLINE;

  /** The last line may lack its end. */
  get count(): number {
    return this.#last === NEWLINE ? this.#ended : this.#ended + 1;
  }

  add(piece: Buffer): void {
    for (let at = piece.indexOf(NEWLINE); at !== -1; at = piece.indexOf(NEWLINE, at + 1)) {
      this.#ended += 1;
    }
    this.#last = piece.at(-1) ?? this.#last;
  }
}

const NEWLINE = 0x0a;

/** Opens a regular file, lets `use` work with it, and closes it in any case. */
function* withFile<T>(
  path: string,
  use: (file: FileHandle, size: number) => Generator<never, T>,
): Generator<never, T> {
  const opening = opened(path);
  try {
    const file = yield* tamed.from(opening);
    const stats = yield* tamed.from(file.stat());
    if (!stats.isFile()) {
      throw new Error(`${path} is not a file.`);
    }
    return yield* use(file, stats.size);
  } finally {
    // As a cleanup: a cancel may come when this runs already, after a failure, and must not cut it off.
    yield* cleanup(closing(opening));
  }
}

async function opened(path: string): Promise<FileHandle> {
  // A pipe without a writer would keep a blocking open, and with it the process, waiting for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  Atomics.add(handles.cells, 0, 1);
  return file;
}

/** Closes what was opened, also where that arrives after the cancel: a promise cannot be called back. */
async function closing(opening: Promise<FileHandle>): Promise<void> {
  const file = await opening.catch(() => undefined);
  if (file === undefined) {
    return; // It failed to open, which the code that waited for it was told.
  }
  await file.close(); // Waits for a read that is under way.
  Atomics.add(handles.cells, 1, 1);
}
