import { runMarbles, type MarbleHelpers } from 'async-tamer/testing';

/** What a run in virtual time throws: its message, trimmed at the end of each line. */
export function complaint(body: (helpers: MarbleHelpers) => unknown): string {
  try {
    runMarbles(body);
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing';
}
