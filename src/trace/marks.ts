import { element, number } from './xml.ts';

/** The width of a letter in px: of a monospaced font of 12 px, rounded up. */
export const CELL = 7.4;

/** The marks at the end of a bar. */
export type Mark = 'failed' | 'cancelled' | 'let go' | 'open';

/** The signs that may be in a picture, which its legend explains. */
export type Sign = Mark | 'ok' | 'value' | 'queued' | 'cleanup' | 'median';

/** A mark can be recognised by its shape, without its colour. */
export function mark(sign: Mark, x: number, y: number, size: number): string {
  const [s, t] = [number(size), number(2 * size)];
  const at = `M${number(x)} ${number(y)}`;
  switch (sign) {
    case 'failed': {
      const cross = `M${number(x + size)} ${number(y)}m-${s}-${s}l${t} ${t}m0-${t}l-${t} ${t}`;
      return halo(cross) + element('path', { class: 'mark failed', d: cross });
    }
    case 'cancelled': {
      // A square: stop.
      const attributes = { x: x - size, y: y - size, width: 2 * size, height: 2 * size };
      return element('rect', { class: 'mark', ...attributes, style: 'fill:var(--paper)' });
    }
    case 'let go': {
      const drop = `${at}m0-${s}v${s}m0 ${s}v.1`;
      return (
        element('circle', { class: 'mark', cx: x, cy: y, r: size + 2, style: 'fill:var(--paper)' }) +
        element('path', { class: 'mark', d: drop })
      );
    }
    case 'open':
      return element('path', { class: 'mark', d: `${at}m-${s}-${s}l${s} ${s}l-${s} ${s}` });
  }
}

function halo(d: string): string {
  return element('path', { class: 'mark', d, style: 'stroke:var(--paper);stroke-width:4.5' });
}

const MEANINGS: Readonly<Record<Sign, string>> = {
  ok: 'runs',
  value: 'emits a value',
  queued: 'in the queue',
  cleanup: 'cleans up',
  failed: 'fails',
  cancelled: 'is cancelled',
  'let go': 'is let go',
  open: 'goes on',
  median: 'the median of all',
};

const SAMPLE = 26;

/** Explains the signs that a picture uses. */
export function drawLegend(
  used: ReadonlySet<Sign>,
  left: number,
  top: number,
  width: number,
): { readonly drawn: string; readonly height: number } {
  let [x, y] = [left, top];
  const parts: string[] = [];
  for (const sign of (Object.keys(MEANINGS) as Sign[]).filter((each) => used.has(each))) {
    const meaning = MEANINGS[sign];
    const room = SAMPLE + 8 + meaning.length * CELL + 20;
    if (x + room > left + width) {
      [x, y] = [left, y + 20];
    }
    parts.push(sample(sign, x, y), element('text', { class: 'quiet', x: x + SAMPLE + 8, y: y + 4 }, meaning));
    x += room;
  }
  return { drawn: element('g', {}, ...parts), height: y - top + 20 };
}

function sample(sign: Sign, x: number, y: number): string {
  const bar = (look: string, width: number, style?: string): string =>
    element('rect', { class: look, x, y: y - 6, width, height: 12, rx: 2, style });
  const end = x + SAMPLE - 8;
  switch (sign) {
    case 'ok':
      return bar('ok', SAMPLE);
    case 'value':
      return bar('ok', SAMPLE) + element('circle', { class: 'value', cx: x + SAMPLE / 2, cy: y, r: 2.2 });
    case 'queued':
      return element('path', { class: 'queued', d: `M${x} ${y}h${SAMPLE}` });
    case 'cleanup':
      return bar('wash', SAMPLE) + bar('cleanup', SAMPLE, 'fill:url(#async-tamer-hatch)');
    case 'failed':
    case 'cancelled':
      return bar(sign, SAMPLE - 8) + mark(sign, end, y, 4.5);
    case 'open':
      return bar('ok', SAMPLE - 8) + mark(sign, end, y, 4.5);
    case 'let go':
      return mark(sign, end, y, 4.5);
    case 'median':
      return element('text', { class: 'quiet', x: x + SAMPLE - 10, y: y + 4 }, '~');
  }
}
