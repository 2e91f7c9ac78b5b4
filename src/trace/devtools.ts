import type { Subscription } from 'rxjs';

import type { Recording } from './recording.ts';
import { ScopeSpan, type Span } from './span.ts';
import { tell } from './tell.ts';

/** https://developer.chrome.com/docs/devtools/performance/extension */
interface TrackEntry {
  readonly dataType: 'track-entry';
  readonly track: string;
  readonly trackGroup: string;
  readonly color: 'primary' | 'secondary' | 'tertiary' | 'error';
  readonly tooltipText: string;
}

/** Shows children and scopes that end from here on, in tracks of the Performance panel of Chrome's DevTools. */
export function showInDevTools(recording: Recording): Subscription {
  return recording.over$.subscribe((span) => {
    if (span instanceof ScopeSpan) {
      const { name, from, closedAt = from } = span;
      entry(span, name || 'scope', 'secondary', [from, closedAt], name || 'scope');
    } else {
      child(span);
    }
  });
}

function child(span: Span): void {
  const { id, name, scope, from, startedAt, end, cleanedAt } = span;
  if (end === undefined) {
    return;
  }
  const label = name || `#${id}`;
  const text = tell(span, cleanedAt ?? end.time);
  if (cleanedAt === undefined) {
    entry(scope, label, COLORS[end.outcome], [startedAt ?? from, end.time], text);
  } else {
    entry(scope, `${label}: cleanup`, 'tertiary', [end.time, cleanedAt], text);
  }
}

const COLORS = { succeeded: 'primary', failed: 'error', cancelled: 'tertiary' } as const;

/** A tool that records has it then. Otherwise it is not kept. */
function entry(
  scope: ScopeSpan,
  name: string,
  color: TrackEntry['color'],
  [from, to]: readonly [number, number],
  tooltipText: string,
): void {
  const devtools: TrackEntry = {
    dataType: 'track-entry',
    track: scope.name || 'scope',
    trackGroup: 'async-tamer',
    color,
    tooltipText,
  };
  // No reader sees the mark. To clear it clears no measure of the program.
  const own = `${name}\u200b`;
  const { timeOrigin } = performance;
  const start = Math.max(0, from - timeOrigin);
  performance.measure(own, { start, end: Math.max(start, to - timeOrigin), detail: { devtools } });
  performance.clearMeasures(own);
}
