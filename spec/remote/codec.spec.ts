import { pack, unpack, Unpackable } from '../../src/remote/codec.ts';

class Point {
  readonly x = 1;

  get y(): number {
    return 2;
  }
}

const values: readonly (readonly [description: string, value: unknown])[] = [
  ['scalars', [1, 'a', '!b', null, true, undefined, NaN, -0, -Infinity, 10n]],
  ['plain objects and lists', { a: [1, { b: 'c' }], ['__proto__']: 1, 'd e': undefined }],
  ['lists with holes, or with properties', [[, 1], Object.assign([1], { key: 2 })]], // eslint-disable-line no-sparse-arrays -- that is what it is about
  ['lists with as many properties as holes', Object.assign([, 1], { key: 2 })], // eslint-disable-line no-sparse-arrays -- that is what it is about
  ['dates and expressions', [new Date(5), /a/gi]],
  ['maps and sets', [new Map<unknown, unknown>([['a', new Set(['b'])]])]],
  [
    'buffers and their views',
    [new ArrayBuffer(3), new Float64Array([1.5]), new DataView(new ArrayBuffer(8), 2, 3)],
  ],
  ['what stands in for scalars', [Object(1), Object('s'), Object(false)]],
  ['instances of classes, by their properties', new Point()],
];

describe('The codec of a fleet', () => {
  for (const [description, value] of values) {
    it(`makes of ${description} what structured cloning makes`, () => {
      expect(unpack(pack(value))).toEqual(structuredClone(value));
    });
  }

  it('writes plain JSON where that loses nothing, for people who look into the queue', () => {
    expect(pack([{ a: 1, b: ['c'] }, null])).toBe('[{"a":1,"b":["c"]},null]');
  });

  for (const name of ['constructor', 'toString', '__proto__']) {
    it(`makes of an error whose name is ${name} an error`, () => {
      const error = Object.defineProperty(new Error('Oh no!'), 'name', { value: name });

      const back = unpack(pack(error));

      expect(Object.prototype.toString.call(back)).toBe('[object Error]');
      expect((back as Error).message).toBe('Oh no!');
    });
  }

  it('makes text of a message that is none, as structured cloning does', () => {
    const error = Object.defineProperty(new Error(), 'message', { value: 10n });

    expect((unpack(pack(error)) as Error).message).toBe('10');
  });

  it('keeps what is there twice one thing, and what holds itself', () => {
    const shared = { a: 1 };
    const ring: unknown[] = [shared, shared];
    ring.push(ring);

    const back = unpack(pack(ring)) as unknown[];

    expect(back[0]).toBe(back[1]);
    expect(back[2]).toBe(back);
  });

  it('keeps the buffer of several views one buffer, and sends of the pool of Node what is meant', () => {
    const buffer = new ArrayBuffer(8);
    const views = [new Uint8Array(buffer, 0, 4), new Uint8Array(buffer, 4), buffer] as const;
    const small = Buffer.from('hello');

    const [first, second, whole] = unpack(pack(views)) as typeof views;

    expect(first.buffer).toBe(second.buffer);
    expect(second.buffer).toBe(whole);
    expect(pack(small).length).toBeLessThan(60);
    expect(unpack(pack([small, views, views]))).toEqual(
      structuredClone([new Uint8Array(small), views, views]),
    );
  });

  it('keeps the class, the message, the stack and the cause of errors', () => {
    const error = new RangeError('no', { cause: new TypeError('why') });

    const [back, again] = unpack(pack([error, error])) as [RangeError, RangeError];

    expect(back).toBeInstanceOf(RangeError);
    expect([back.message, back.stack, back.cause]).toEqual(['no', error.stack, new TypeError('why')]);
    expect(again).toBe(back);
  });

  for (const [kind, value, path] of [
    ['functions', { a: { b: () => 1 } }, '.a.b'],
    ['symbols', [Symbol('s')], '[0]'],
    ['promises', new Map([[1, Promise.resolve()]]), '.values()[0]'],
    ['shared memory', [new SharedArrayBuffer(1)], '[0]'],
    ['what belongs to Node', { 'a b': new URL('http://a') }, '["a b"]'],
  ] as const) {
    it(`refuses ${kind}, and says where they are`, () => {
      let thrown: unknown;
      try {
        pack(value);
      } catch (error) {
        thrown = error;
      }

      expect(thrown).toBeInstanceOf(Unpackable);
      expect((thrown as Unpackable).path).toBe(path);
    });
  }

  it('refuses what it has not written', () => {
    expect(() => unpack('![')).toThrowError(SyntaxError);
    expect(() => unpack('!["?"]')).toThrowError(SyntaxError, 'Values of kind "?" are not known here.');
  });
});
