/**
 * The colours of a picture: those that its reader prefers, or always the same ones.
 *
 * @inline
 */
export type Theme = 'auto' | 'light' | 'dark';

const LIGHT = `--paper:#ffffff;--ink:#1f2328;--quiet:#59636e;--line:#d8dee4;--stripe:#f6f8fa;--ok:#2f6bd8;--failed:#c4302b;
--cancelled:#59636e;--tint:#e4e8ed;--cleanup:#8a5a00;--wash:#fdf0cf`;
const DARK = `--paper:#0d1117;--ink:#e6edf3;--quiet:#9aa4af;--line:#2b323b;--stripe:#151b23;--ok:#4f8ff7;--failed:#ff6a61;
--cancelled:#9aa4af;--tint:#262d36;--cleanup:#e0ac44;--wash:#33290f`;

/** The prefix of the names of classes, so that they mean nothing in a page. */
export const ROOT = 'async-tamer-trace';

/** The style sheet of a picture. */
export function styleSheet(theme: Theme): string {
  const dark = `@media (prefers-color-scheme:dark){.${ROOT}{${DARK}}}`;
  const colours = `.${ROOT}{${theme === 'dark' ? DARK : LIGHT}}${theme === 'auto' ? dark : ''}`;
  const rules = Object.entries(RULES).map(([selector, rule]) => `.${ROOT} ${selector}{${rule}}`);
  return [colours, ...rules].join('\n');
}

const RULES = {
  text: "font:12px ui-monospace,'DejaVu Sans Mono','Liberation Mono',Menlo,Consolas,monospace;fill:var(--ink)",
  '.title': 'font-size:14px;font-weight:bold',
  '.scope': 'font-weight:bold',
  '.quiet': 'fill:var(--quiet)',
  '.end': 'text-anchor:end',
  '.middle': 'text-anchor:middle',
  '.paper': 'fill:var(--paper)',
  '.stripe': 'fill:var(--stripe)',
  '.grid': 'stroke:var(--line)',
  '.branch': 'stroke:var(--line);fill:none',
  '.span': 'stroke:var(--quiet);fill:none',
  '.ok': 'fill:var(--ok)',
  '.failed': 'fill:var(--failed)',
  '.cancelled': 'fill:var(--tint);stroke:var(--cancelled)',
  '.cleanup': 'stroke:var(--cleanup)',
  '.hatch': 'stroke:var(--cleanup);stroke-width:1.6',
  '.wash': 'fill:var(--wash)',
  '.queued': 'stroke:var(--quiet);stroke-width:1.6;stroke-dasharray:1.6 3;fill:none',
  '.value': 'fill:var(--paper);stroke:var(--ok)',
  '.mark': 'stroke:var(--ink);stroke-width:1.8;fill:none;stroke-linecap:round',
  '.mark.failed': 'stroke:var(--failed)',
  '.tint': 'fill:var(--tint)',
  '.small': 'font-size:11px',
} as const;
