// Directories and files for code that may be cancelled at any time. What to watch for: the `finally` in withFile(). It runs
// when the work is done, when it fails, and when it is cancelled: in the middle of a read, and even while the file is still
// being opened. The scope that cancels waits for it.
import { constants, type Dirent } from 'node:fs';
import { open, readdir, type FileHandle } from 'node:fs/promises';

import { tamed } from 'async-tamer';

/** How many files were opened and closed so far: the same number, when a survey is over, whatever its end. */
export const handles = { opened: 0, closed: 0 };

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

/** The size of a file in bytes, and its number of lines if it is source code. */
export const measure = tamed((path: string) => {
  return withFile(path, function* (file, size) {
    return { bytes: size, lines: SOURCE_CODE.test(path) ? yield* linesOf(file, size) : 0 };
  });
});

const SOURCE_CODE = /\.[cm]?[jt]sx?$/;

/** Piece by piece, so that a cancel finds a place to interrupt even in the biggest file. */
function* linesOf(file: FileHandle, size: number): Generator<never, number> {
  const buffer = Buffer.allocUnsafe(Math.min(size, 65_536) + 1);
  let lines = 0;
  let last = NEWLINE;
  while (true) {
    const { bytesRead } = yield* tamed.from(file.read(buffer));
    if (bytesRead === 0) {
      return last === NEWLINE ? lines : lines + 1;
    }
    const piece = buffer.subarray(0, bytesRead);
    for (let at = piece.indexOf(NEWLINE); at !== -1; at = piece.indexOf(NEWLINE, at + 1)) {
      lines += 1;
    }
    last = piece.at(-1) ?? NEWLINE;
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
    yield* tamed.from(closing(opening));
  }
}

async function opened(path: string): Promise<FileHandle> {
  // A pipe without a writer would keep a blocking open, and with it the process, waiting for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  handles.opened += 1;
  return file;
}

/** Closes what was opened, also where that arrives after the cancel: a promise cannot be called back. */
async function closing(opening: Promise<FileHandle>): Promise<void> {
  const file = await opening.catch(() => undefined);
  if (file === undefined) {
    return; // It failed to open, which the code that waited for it was told.
  }
  await file.close(); // Waits for a read that is under way.
  handles.closed += 1;
}
