// The types of the messages between the app and its server: the one file that both import.

/** What a search finds. */
export interface Found {
  /** How many match; the list may be shorter. */
  readonly total: number;
  readonly birds: readonly Bird[];
}

export interface Bird {
  readonly id: string;
  readonly name: string;
  readonly latin: string;
  readonly lengthCm: number;
  readonly habitat: string;
  readonly note: string;
}

/** How often a bird was seen, week by week, the last week last. */
export type Sightings = readonly number[];

/** A place where instruments are read. */
export interface Station {
  readonly id: string;
  readonly name: string;
}

/** What a station measures. */
export interface Reading {
  readonly celsius: number;
  /** In metres a second. */
  readonly wind: number;
  /** How many birds passed since the last reading. */
  readonly birds: number;
}

/** How the server behaves. The panel changes it while requests are under way. */
export interface Conditions {
  /** How long each request waits for its answer. */
  readonly latencyMs: number;
  /** How many of a hundred requests fail. */
  readonly failurePercent: number;
}

/** What has become of a request, as the server sees it. */
export interface Seen {
  readonly id: number;
  readonly method: string;
  readonly path: string;
  /** `aborted`: the browser closed the connection before there was an answer. */
  readonly state: 'running' | 'finished' | 'aborted';
  /** The status of the answer; 0 while there is none. */
  readonly status: number;
}

/** A page of the logbook. */
export interface Page {
  readonly month: string;
  readonly species: number;
  readonly birds: number;
}
