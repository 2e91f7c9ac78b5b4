import { fit } from './words.ts';

/** An element with its content. Text in it must have been escaped. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  ...content: readonly string[]
): string {
  const list = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? number(value) : escape(String(value))}"`);
  const start = `<${name}${list.join('')}`;
  return content.length === 0 ? `${start}/>` : `${start}>${content.join('')}</${name}>`;
}

/** The text that a reader sees who points at the element. It must be the first child of that element. */
export function title(text: string): string {
  return element('title', {}, escape(text));
}

/** A line of text of at most so many cells. If it is cut off, a reader can point at it to read it all. */
export function label(text: string, x: number, y: number, look: string | undefined, room: number): string {
  const shown = fit(text, Math.floor(room));
  const full = shown === text ? '' : title(text);
  return element('text', { class: look, x, y }, full, escape(shown));
}

/** A coordinate, to a tenth of a pixel. */
export function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/**
 * Text for an XML document, with its markup escaped. Characters that no document may contain, such as half a surrogate pair, are
 * shown as missing.
 */
export function escape(text: string): string {
  return text
    .replaceAll(FORBIDDEN, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

// https://www.w3.org/TR/xml/#charsets
// eslint-disable-next-line no-control-regex -- they are what is looked for
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\p{Surrogate}]/gu;
