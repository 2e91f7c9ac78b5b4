import { timer } from 'rxjs';

import { AsyncScope } from 'async-tamer';
import type { SvgOptions, Trace } from 'async-tamer/trace';

import { named, recorded } from '../trace/virtual.ts';

/** Some of everything, with names of all lengths. */
function everything(): Trace {
  return recorded(
    (scope) => {
      scope.start(
        AsyncScope.run(
          function* load(inner) {
            yield* inner.start(named('aQueryWithALongNameThatHasToBeCutOffSomewhereOrOther')(20));
          },
          { name: 'inner' },
        ),
      );
      ['名前', 'größe', '<a href="">&', ''].forEach((name) => scope.start(named(name)(30)));
      scope.start(named('upload')(Infinity, { cleanup: 20 }));
      timer(40).subscribe(() => {
        for (let i = 0; i < 80; i++) {
          scope.start(
            named(`part ${i % 2}`)(
              i,
              i % 20 === 19 ? { fails: 'A longer message than there is room for' } : {},
            ),
          );
        }
      });
      timer(300).subscribe(() => scope.cancel('enough'));
    },
    { concurrency: 8, errorMode: 'continue' },
  );
}

function shown(recording: Trace, options?: SvgOptions): SVGSVGElement {
  const holder = document.createElement('div');
  holder.innerHTML = recording.svg(options);
  document.body.append(holder);
  return holder.querySelector('svg')!;
}

describe('A timeline in a browser', () => {
  const widths = [480, 960, 1600];
  const recording = everything();
  let pictures: SVGSVGElement[];

  beforeEach(() => {
    pictures = widths.map((width) => shown(recording, { width }));
  });

  afterEach(() => {
    pictures.forEach((picture) => picture.parentElement?.remove());
  });

  it('is an XML document', () => {
    const { documentElement } = new DOMParser().parseFromString(recording.svg(), 'image/svg+xml');

    expect(documentElement.nodeName).toBe('svg');
    expect(documentElement.querySelector('parsererror')).toBeNull();
  });

  it('is an image', async () => {
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([recording.svg({ width: 700 })], { type: 'image/svg+xml' }));

    await image.decode();

    expect(image.naturalWidth).toBe(700);
    URL.revokeObjectURL(image.src);
  });

  it('has no text that leaves it, or lies on another, in the fonts that there are', () => {
    const overlapping = pictures.flatMap((picture) => {
      const frame = picture.getBoundingClientRect();
      const boxes = [...picture.querySelectorAll('text')].map((text) => ({
        text,
        box: text.getBoundingClientRect(),
      }));
      const outside = boxes.filter(
        ({ box }) => box.left < frame.left || box.right > frame.right || box.bottom > frame.bottom,
      );
      const pairs = boxes.flatMap((one, index) =>
        boxes.slice(index + 1).filter(({ box }) => {
          // Lines of text may touch.
          const apart = one.box.bottom - 3 <= box.top || box.bottom - 3 <= one.box.top;
          return !apart && one.box.left < box.right && box.left < one.box.right;
        }),
      );
      return [...outside, ...pairs].map(({ text }) => text.textContent);
    });

    expect(pictures[1]!.querySelectorAll('text').length).toBeGreaterThan(20);
    expect(overlapping).toEqual([]);
  });

  it('can be read: its text stands out against what is behind it, in light and dark', () => {
    for (const theme of ['light', 'dark'] as const) {
      const picture = shown(recording, { theme });
      const paper = luminance(getComputedStyle(picture.querySelector('.paper')!).fill);
      const texts = [...picture.querySelectorAll('text')].map((text) =>
        luminance(getComputedStyle(text).fill),
      );

      // https://www.w3.org/TR/WCAG21/#contrast-minimum
      const contrasts = texts.map((text) => (Math.max(text, paper) + 0.05) / (Math.min(text, paper) + 0.05));
      expect(Math.min(...contrasts))
        .withContext(theme)
        .toBeGreaterThan(4.5);
      picture.parentElement?.remove();
    }
  });

  it('tells screen readers its title, and what it shows', () => {
    const [picture] = pictures;

    expect(picture!.getAttribute('role')).toBe('img');
    expect(picture!.firstElementChild!.outerHTML).toBe('<title>page</title>');
    expect(picture!.querySelector('desc')!.textContent).toMatch(/^87 children, .* cancelled, in 320 ms$/);
  });
});

/** https://www.w3.org/TR/WCAG21/#dfn-relative-luminance */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map((part) => {
    const value = Number(part) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
