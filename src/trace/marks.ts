import { element, number } from './xml.ts';

/** How wide a letter is, in px: of a monospaced font of 12 px, rounded up. */
export const CELL = 7.4;

/** What stands at the end of a bar. */
export type Mark = 'failed' | 'cancelled' | 'let go' | 'open';

/** What may be seen in a picture, and is explained in its legend. */
export type Sign = Mark | 'ok' | 'value' | 'queued' | 'cleanup' | 'median';

/** A mark can be told by its shape, without its colour. */
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
