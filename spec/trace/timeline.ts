import type { SvgOptions, Trace } from 'async-tamer/trace';

import { all, at, find, parse, type Node } from './xml.ts';

/** What a timeline shows, read back from the document. */
export class Timeline {
  readonly svg: Node;
  readonly width: number;
  readonly height: number;

  constructor(recording: Trace, options?: SvgOptions) {
    this.svg = parse(recording.svg(options));
    this.width = at(this.svg, 'width');
    this.height = at(this.svg, 'height');
  }

  /** The labels at the left, from the top down: how far they are indented, and the text. */
  get labels(): string[] {
    const rows = this.texts.filter(({ attributes, x }) => x < this.left && !isQuiet(attributes['class']));
    const from = Math.min(...rows.map(({ x }) => x));
    return rows.map(({ x, text }) => `${'  '.repeat(Math.round((x - from) / 14.8))}${text}`);
  }

  /** Everything written below the heading and above the legend. */
  get texts(): Text[] {
    return find(this.svg, { name: 'text' })
      .map((node) => ({
        node,
        attributes: node.attributes,
        text: node.text,
        x: at(node, 'x'),
        y: at(node, 'y'),
      }))
      .filter(({ y }) => y > 70 && y < this.foot);
  }

  /** The sentences of those who point at something. */
  get hovers(): string[] {
    return find(this.svg, { name: 'g' }).flatMap(({ children }) =>
      children.filter(({ name }) => name === 'title').map(({ text }) => text),
    );
  }

  /** What is drawn for a child: the shapes, and from when until when each is, in ms. */
  bar(title: string | RegExp): { readonly look: string; readonly from: number; readonly to: number }[] {
    const [group, ...more] = find(this.svg, { name: 'g' }).filter(({ children }) =>
      children.some(
        ({ name, text }) =>
          name === 'title' && (typeof title === 'string' ? text.startsWith(title) : title.test(text)),
      ),
    );
    if (group === undefined || more.length > 0) {
      throw new Error(`There is not one bar ${String(title)}, but: ${this.hovers.join('; ')}`);
    }
    return all(group).flatMap((node) => this.#extent(node));
  }

  #extent(node: Node): { look: string; from: number; to: number }[] {
    const look = node.attributes['class'] ?? '';
    if (node.name === 'rect' && look !== 'mark') {
      const from = this.ms(at(node, 'x'));
      return [{ look, from, to: this.ms(at(node, 'x') + at(node, 'width')) }];
    }
    const line = /^M([\d.]+) [\d.]+H([\d.]+)/.exec(node.attributes['d'] ?? '');
    return line === null ? [] : [{ look, from: this.ms(Number(line[1])), to: this.ms(Number(line[2])) }];
  }

  /** The labels of the axis. */
  get ticks(): string[] {
    return this.#axis.map(({ text }) => text);
  }

  /** The time that a place along the axis stands for, to a tenth of a ms. */
  ms(x: number): number {
    const [first, second] = this.#axis;
    const length =
      Number(/[\d,.]+/.exec(second!.text)![0].replace(',', '')) * (second!.text.endsWith(' s') ? 1000 : 1);
    return Math.round((10 * (x - at(first!, 'x')) * length) / (at(second!, 'x') - at(first!, 'x'))) / 10;
  }

  get #axis(): Node[] {
    return find(this.svg, { name: 'text' }).filter((node) => at(node, 'y') > 50 && at(node, 'y') < 70);
  }

  /** Where the axis begins. */
  get left(): number {
    return at(this.#axis[0]!, 'x');
  }

  /** Where the rows end. */
  get foot(): number {
    return Number(/V([\d.]+)$/.exec(find(this.svg, { look: 'grid' })[0]!.attributes['d']!)![1]);
  }

  /** What the legend explains. */
  get legend(): string[] {
    return find(this.svg, { name: 'text' })
      .filter((node) => at(node, 'y') > this.foot && node.text.length > 1)
      .map(({ text }) => text);
  }
}

interface Text {
  readonly node: Node;
  readonly attributes: Node['attributes'];
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

function isQuiet(look = ''): boolean {
  return look.split(' ').includes('quiet');
}
