import { types } from 'node:util';

import { quote } from '../execution/errors.ts';

// How values travel to other machines: as JSON if that loses nothing, otherwise as JSON of marked lists. V8's own formats differ
// between versions of Node, for example for errors.

/** The sign in front of text that is more than JSON. No JSON begins with it. */
const MARK = '!';

/** Says which part of a value cannot travel: `path` is where it is, '' for the whole. */
export class Unpackable extends TypeError {
  readonly path: string;
  readonly value: unknown;

  constructor(path: string, value: unknown) {
    super(`${path === '' ? 'It is' : `At ${path} is`} ${quote(value)}`);
    this.path = path;
    this.value = value;
  }
}

/** Turns a value into text, for `unpack()` on any machine. Throws an `Unpackable`, or the error of a getter. */
export function pack(value: unknown): string {
  return isJson(value, new Set())
    ? JSON.stringify(value)
    : MARK + JSON.stringify(new Packer().pack(value, ''));
}

/** Turns the text of `pack()` back into a value. Throws a `SyntaxError` for any other text. */
export function unpack(text: string): unknown {
  return text.startsWith(MARK)
    ? new Unpacker().unpack(JSON.parse(text.slice(MARK.length)))
    : JSON.parse(text);
}

/** Whether it is the same once it went through JSON; nothing is there twice. */
function isJson(value: unknown, seen: Set<object>): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'object':
      return value === null || (isTree(value, seen) && isPlainJson(value, seen));
    case 'undefined':
    case 'bigint':
    case 'function':
    case 'symbol':
      return false;
  }
}

function isTree(value: object, seen: Set<object>): boolean {
  return seen.size !== seen.add(value).size;
}

/** Whether it has no holes, and no properties besides its items. */
function isDense(array: readonly unknown[]): boolean {
  const keys = Object.keys(array); // Those of the items come first.
  return keys.length === array.length && (keys.length === 0 || keys.at(-1) === String(array.length - 1));
}

function isPlainJson(value: object, seen: Set<object>): boolean {
  if (Array.isArray(value)) {
    return isDense(value) && !('toJSON' in value) && value.every((item) => isJson(item, seen));
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    (prototype === Object.prototype || prototype === null) &&
    !('toJSON' in value) &&
    Object.values(value).every((item) => isJson(item, seen))
  );
}

/** JSON: a scalar stands for itself; any other value is a list, whose first item is a letter for its kind. */
type Packed = string | number | boolean | null | readonly unknown[];

class Packer {
  // Objects by the order in which they were met, as the other side meets them.
  readonly #met = new Map<object, number>();

  pack(value: unknown, path: string): Packed {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        return Number.isFinite(value) && !Object.is(value, -0) ? value : ['n', numberName(value)];
      case 'undefined':
        return ['u'];
      case 'bigint':
        return ['i', String(value)];
      case 'object':
        return value === null ? null : this.#packObject(value, path);
      case 'function':
      case 'symbol':
        throw new Unpackable(path, value);
    }
  }

  #packObject(value: object, path: string): Packed {
    const index = this.#met.get(value);
    if (index !== undefined) {
      return ['=', index];
    }
    this.#met.set(value, this.#met.size);
    if (Array.isArray(value)) {
      return this.#packArray(value, path);
    }
    return this.#packBuiltIn(value, path) ?? ['o', ...this.#packEntries(value, path)];
  }

  #packArray(value: readonly unknown[], path: string): Packed {
    if (isDense(value)) {
      return ['a', ...value.map((item, index) => this.pack(item, `${path}[${index}]`))];
    }
    return ['A', value.length, ...this.#packEntries(value, path)];
  }

  #packEntries(value: object, path: string): unknown[] {
    return Object.keys(value).flatMap((key) => [
      key,
      this.pack((value as Record<string, unknown>)[key], path + step(key)),
    ]);
  }

  #packBuiltIn(value: object, path: string): Packed | undefined {
    if (types.isDate(value)) {
      return ['d', Number.isNaN(value.getTime()) ? null : value.getTime()];
    }
    if (types.isRegExp(value)) {
      return ['x', value.source, value.flags];
    }
    if (types.isMap(value)) {
      const items = [...value].flatMap(([key, item], index) => [
        this.pack(key, `${path}.keys()[${index}]`),
        this.pack(item, `${path}.values()[${index}]`),
      ]);
      return ['m', ...items];
    }
    if (types.isSet(value)) {
      return ['s', ...[...value].map((item, index) => this.pack(item, `${path}.values()[${index}]`))];
    }
    if (value instanceof ArrayBuffer && types.isArrayBuffer(value)) {
      return ['B', Buffer.from(value).toString('base64')];
    }
    if (ArrayBuffer.isView(value)) {
      return this.#packView(value, path);
    }
    if (types.isNativeError(value)) {
      return this.#packError(value, path);
    }
    if (types.isBoxedPrimitive(value) && typeof value.valueOf() !== 'symbol') {
      return ['p', this.pack(value.valueOf(), path)];
    }
    if (isForeign(value)) {
      throw new Unpackable(path, value);
    }
    return undefined;
  }

  /** Of Node's pool of small buffers, only the part that is meant. */
  #packView(value: ArrayBufferView, path: string): Packed {
    const name = value[Symbol.toStringTag as never] as string;
    if (Buffer.isBuffer(value) && value.byteLength < value.buffer.byteLength) {
      this.#met.set({}, this.#met.size); // The other side meets a buffer there.
      return ['v', name, ['B', value.toString('base64')], 0, value.byteLength];
    }
    const length = types.isDataView(value) ? value.byteLength : (value as Uint8Array).length;
    return ['v', name, this.pack(value.buffer, `${path}.buffer`), value.byteOffset, length];
  }

  #packError(value: Error, path: string): Packed {
    const { name, message, stack }: Partial<Record<keyof Error, unknown>> = value;
    const hasCause = Object.hasOwn(value, 'cause');
    return [
      'e',
      ...[String(name), String(message)], // As cloning does it: they may be anything.
      typeof stack === 'string' ? stack : null,
      ...(hasCause ? [this.pack(value.cause, `${path}.cause`)] : []),
    ];
  }
}

function numberName(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function step(key: string): string {
  return /^[\w$]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

// Deno does not have this one.
const { isExternal = () => false } = types as Partial<typeof types>;

/** An object with more than its own properties: cloning refuses it, or knows it by its inside. */
function isForeign(value: object): boolean {
  if (
    types.isProxy(value) ||
    types.isPromise(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isSharedArrayBuffer(value) ||
    isExternal(value) ||
    types.isModuleNamespaceObject(value) ||
    value instanceof WeakRef
  ) {
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== null && prototype !== Object.prototype && !isClonedByProperties(value);
}

/** A clone of it, without its contents, is a plain object: so it is that of a class of its own. */
function isClonedByProperties(value: object): boolean {
  if (types.isGeneratorObject(value) || Symbol.toStringTag in value) {
    return false;
  }
  return nativeNames.every((name) => !isA(value, name));
}

/** Classes of Node whose instances hold more than their own properties, and have no tag. */
const nativeNames = [
  'MessagePort',
  'KeyObject',
  'X509Certificate',
  'BlockList',
  'SocketAddress',
  'FileHandle',
];

function isA(value: object, name: string): boolean {
  for (let each: unknown = Object.getPrototypeOf(value); each instanceof Object;) {
    if ((each.constructor as { name?: unknown } | undefined)?.name === name) {
      return true;
    }
    each = Object.getPrototypeOf(each);
  }
  return false;
}

const errors: ReadonlyMap<string, new (message: string) => Error> = new Map(
  Object.entries({ EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError }),
);

const views: Readonly<Record<string, unknown>> = {
  ...{ Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array },
  ...{ Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView },
  Float16Array: (globalThis as { Float16Array?: unknown }).Float16Array,
};

class Unpacker {
  readonly #met: unknown[] = [];

  unpack(packed: unknown): unknown {
    if (!Array.isArray(packed)) {
      return packed;
    }
    const [kind, ...rest] = packed as [string, ...unknown[]];
    switch (kind) {
      case 'n':
        return Number(rest[0]);
      case 'u':
        return undefined;
      case 'i':
        return BigInt(rest[0] as string);
      case '=':
        return this.#met[rest[0] as number];
      default:
        return this.#unpackObject(kind, rest);
    }
  }

  #unpackObject(kind: string, rest: readonly unknown[]): unknown {
    switch (kind) {
      case 'a':
        return this.#fill<unknown[]>([], (array) => rest.forEach((item) => array.push(this.unpack(item))));
      case 'A':
        return this.#fill(new Array<unknown>(rest[0] as number), (array) =>
          this.#unpackEntries(array, rest.slice(1)),
        );
      case 'o':
        return this.#fill({}, (object) => this.#unpackEntries(object, rest));
      case 'm':
        return this.#fill(new Map<unknown, unknown>(), (map) => {
          for (let index = 0; index < rest.length; index += 2) {
            map.set(this.unpack(rest[index]), this.unpack(rest[index + 1]));
          }
        });
      case 's':
        return this.#fill(new Set<unknown>(), (set) => rest.forEach((item) => set.add(this.unpack(item))));
      case 'e':
        return this.#unpackError(rest as [string, string, string | null, ...unknown[]]);
      case 'v':
        return this.#unpackView(rest as [string, unknown, number, number]);
      case 'p':
        return this.#unpackBoxed(rest[0]);
      default:
        return this.#fill(atom(kind, rest), () => {});
    }
  }

  #fill<T>(object: T, fill: (object: T) => void): T {
    this.#met.push(object);
    fill(object);
    return object;
  }

  #unpackEntries(object: object, entries: readonly unknown[]): void {
    for (let index = 0; index < entries.length; index += 2) {
      Object.defineProperty(object, entries[index] as string, {
        value: this.unpack(entries[index + 1]),
        ...{ enumerable: true, writable: true, configurable: true },
      });
    }
  }

  /** As cloning does: one of the built-in classes, by its name. */
  #unpackError([name, message, stack, ...cause]: readonly [
    string,
    string,
    string | null,
    ...unknown[],
  ]): Error {
    const error = new (errors.get(name) ?? Error)(message);
    return this.#fill(error, () => {
      hide(error, 'stack', stack ?? undefined);
      if (cause.length > 0) {
        hide(error, 'cause', this.unpack(cause[0]));
      }
    });
  }

  #unpackView([name, packed, offset, length]: readonly [string, unknown, number, number]): unknown {
    const index = this.#met.push(undefined) - 1;
    const View = views[name];
    if (View === undefined) {
      throw new SyntaxError(`This version of Node has no ${name}.`);
    }
    const buffer = this.unpack(packed);
    const view = new (View as new (buffer: unknown, offset: number, length: number) => object)(
      ...([buffer, offset, length] as const),
    );
    this.#met[index] = view;
    return view;
  }

  #unpackBoxed(packed: unknown): unknown {
    const index = this.#met.push(undefined) - 1;
    const boxed: unknown = Object(this.unpack(packed));
    this.#met[index] = boxed;
    return boxed;
  }
}

/** A value that holds no other value. */
function atom(kind: string, rest: readonly unknown[]): unknown {
  switch (kind) {
    case 'd':
      return new Date((rest[0] as number | null) ?? NaN);
    case 'x':
      return new RegExp(rest[0] as string, rest[1] as string);
    case 'B': {
      const bytes = Buffer.from(rest[0] as string, 'base64');
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    }
    default:
      throw new SyntaxError(`Values of kind ${JSON.stringify(kind)} are not known here.`);
  }
}

function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, enumerable: false, writable: true, configurable: true });
}
