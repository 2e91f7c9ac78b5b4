import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { tellGuard } from './group.mjs';
import { killAllWith } from './processes.mjs';

/** For all temporary files of what this process starts with {@link variables}, so that none is left, however they or this end. */
export class TemporaryFolder implements Disposable {
  readonly #path = mkdtempSync(join(tmpdir(), 'async-tamer-specs-'));
  /** What names it for programs. */
  readonly variables = { TMPDIR: this.#path, TMP: this.#path, TEMP: this.#path };
  readonly #remove = (): void => rmSync(this.#path, { recursive: true, force: true, maxRetries: 5 });

  constructor() {
    process.once('exit', this.#remove);
    tellGuard('+', 'folder', this.#path);
  }

  /** Kills those that still use it: what had a process group of its own, and was left by a process that hung. */
  [Symbol.dispose](): void {
    killAllWith('TMPDIR', this.#path);
    this.#remove();
    tellGuard('-', 'folder', this.#path);
  }
}
