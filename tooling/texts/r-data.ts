/** Texts out of a package of R without R: its data file, a database of serialised vectors (R Internals, 1.8). */
import { gunzipSync, inflateSync } from 'node:zlib';

type Value = string | number | null | Value[] | { names: string[]; values: Value[] };

const type = {
  nil: 254,
  reference: 255,
  symbol: 1,
  pairs: 2,
  text: 9,
  logicals: 10,
  integers: 13,
  texts: 16,
  list: 19,
};

/**
 * The vectors of text that a package of R keeps under `data`, by name.
 *
 * @param index content of Rdata.rdx
 * @param data content of Rdata.rdb
 * @throws Error where something else than lists, integers and text was serialised
 */
export function textVectors(index: Buffer, data: Buffer): Record<string, string[]> {
  const { variables } = recordOf(unserialised(gunzipSync(index)));
  return Object.fromEntries(
    Object.entries(recordOf(variables!)).map(([name, place]) => {
      const [offset, length] = place as [number, number];
      // Four bytes say how long it is when inflated.
      return [name, unserialised(inflateSync(data.subarray(offset + 4, offset + length))) as string[]];
    }),
  );
}

function recordOf(value: Value): Record<string, Value> {
  const { names, values } = value as { names: string[]; values: Value[] };
  return Object.fromEntries(names.map((name, i) => [name, values[i]!]));
}

/** A value in R's binary format, versions 2 and 3. */
function unserialised(bytes: Buffer): Value {
  let at = 2; // "X\n"
  const references: Value[] = [];
  const integer = () => {
    at += 4;
    return bytes.readInt32BE(at - 4);
  };
  const several = (item: () => Value) => Array.from({ length: integer() }, item);

  const named = (values: Value[], hasAttributes: boolean): Value => {
    const attributes = hasAttributes ? (value() as Value[]) : [];
    const names = attributes[attributes.indexOf('names') + 1];
    return attributes.includes('names') ? { names: names as string[], values } : values;
  };
  const text = () => {
    const length = integer();
    if (length < 0) return null;
    at += length;
    return bytes.toString('utf8', at - length, at);
  };
  /** Tags and values in turn. */
  const pairs = (flags: number): Value[] => {
    if (flags & 0x200) value();
    const tag = flags & 0x400 ? value() : null;
    const first = [tag, value()];
    const rest = value();
    return rest === null ? first : [...first, ...(rest as Value[])];
  };
  const value = (): Value => {
    const flags = integer();
    const hasAttributes = (flags & 0x200) !== 0;
    switch (flags & 0xff) {
      case type.nil:
        return null;
      case type.reference:
        return references[(flags >> 8 || integer()) - 1]!;
      case type.symbol:
        return references[references.push(value()) - 1]!;
      case type.pairs:
        return pairs(flags);
      case type.text:
        return text();
      case type.logicals:
      case type.integers:
        return named(several(integer), hasAttributes);
      case type.texts:
      case type.list:
        return named(several(value), hasAttributes);
      default:
        throw new Error(`R's type ${flags & 0xff} at byte ${at} is none of those that texts consist of.`);
    }
  };

  const version = integer();
  at += 8;
  if (version === 3) text();
  return value();
}
