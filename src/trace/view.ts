import type { Span } from './span.ts';

/** Where the live view is written: `process.stderr`, or whatever is like it. */
export interface TerminalStream {
  /** Takes text. */
  write(text: string): unknown;
  /** Whether it can be written over; else it gets lines. */
  readonly isTTY?: boolean | undefined;
  /** How many cells a line has. Default: 80. */
  readonly columns?: number | undefined;
  /** How many lines it shows. Default: 24. */
  readonly rows?: number | undefined;
  /** Whether it shows colours, as far as it knows. */
  hasColors?(): boolean;
}

/** How the live view looks. */
export interface TerminalOptions {
  /** So many ms are between two frames. Default: 100; where only lines can be written, 1000. */
  readonly interval?: number | undefined;
  /** Whether there are colours. Default: as the stream says. */
  readonly colors?: boolean | undefined;
}

/** What is shown while things go on. */
export interface View {
  /** Tells of a failure, in the next frame. */
  failed(child: Span): void;
  /** Shows how things are. */
  draw(): void;
  /** Shows how things were, for good. */
  end(): void;
  /** Leaves no trace of what was not for good. */
  clear(): void;
}
