/** Reading the values of a GGUF header one after the other, from the part of the file that is here. */

/** There is more to read than what is here. */
export class NeedsMore extends Error {}

/** Something that the format does not allow. */
export class Malformed extends Error {
  constructor(
    readonly wrong: string,
    readonly expected: string,
  ) {
    super(wrong);
  }
}

export type GgufValue = number | bigint | boolean | string | GgufValue[];

/** Values in all lists of a header: a vocabulary of 262,144 with its scores, types and merges has a quarter. */
const mostItems = 2 ** 22;

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class HeaderBytes {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #items = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get at(): number {
    return this.#at;
  }

  /** Passes over `length` bytes and says where they begin. */
  #take(length: number): number {
    const from = this.#at;
    if (from + length > this.#bytes.length) throw new NeedsMore();
    this.#at += length;
    return from;
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** A count or size of 64 bits; none of a real file is beyond what a number holds. */
  size(what: string): number {
    const value = this.#view.getBigUint64(this.#take(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw new Malformed(`${what} is ${value}`, 'a size that fits a file');
    return Number(value);
  }

  string(what: string): string {
    const length = this.size(`the length of ${what}`);
    const from = this.#take(length);
    try {
      return text.decode(this.#bytes.subarray(from, from + length));
    } catch {
      throw new Malformed(`${what} is no UTF-8`, 'text in UTF-8');
    }
  }

  /** A value of a type by its number in the format; lists hold values that are no lists. */
  value(type: number, what: string, inList = false): GgufValue {
    const read = scalars[type];
    if (read) return read(this.#view, this.#take(widths[type]!));
    if (type === types.string) return this.string(what);
    if (type !== types.list || inList)
      throw new Malformed(`${what} is of the type ${type}`, 'a type that GGUF 3 has');
    const itemType = this.uint32();
    const count = this.size(`the length of ${what}`);
    // An item of one byte takes eight and more here.
    this.#items += count;
    if (this.#items > mostItems)
      throw new Malformed(`its lists up to ${what} hold ${this.#items} values`, `at most ${mostItems}`);
    const values: GgufValue[] = [];
    for (let i = 0; i < count; i++) values.push(this.value(itemType, what, true));
    return values;
  }
}

const types = { string: 8, list: 9 };
const widths = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];
type Scalar = (view: DataView, at: number) => number | bigint | boolean;
const scalars: Readonly<Record<number, Scalar>> = {
  0: (view, at) => view.getUint8(at),
  1: (view, at) => view.getInt8(at),
  2: (view, at) => view.getUint16(at, true),
  3: (view, at) => view.getInt16(at, true),
  4: (view, at) => view.getUint32(at, true),
  5: (view, at) => view.getInt32(at, true),
  6: (view, at) => view.getFloat32(at, true),
  7: (view, at) => view.getUint8(at) !== 0,
  10: (view, at) => narrowed(view.getBigUint64(at, true)),
  11: (view, at) => narrowed(view.getBigInt64(at, true)),
  12: (view, at) => view.getFloat64(at, true),
};

/** As a number where one holds it. */
function narrowed(value: bigint): number | bigint {
  return BigInt.asIntN(53, value) === value ? Number(value) : value;
}
