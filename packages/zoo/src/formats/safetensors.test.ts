/** The reader takes what the format allows and refuses the rest by name; the writer makes what the reader takes. */
import { readdirSync, readFileSync } from 'node:fs';
import { CheckpointError } from '@famjs/backends';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Dtype, dtypeWidths, type RawTensor, readSafetensors, writeSafetensors } from './safetensors.ts';
import { encodeValues } from './values.ts';

/** A file of a header, as text or bytes, and data. */
function fileOf(header: string | Uint8Array, data: Uint8Array | number = 0, claimed?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = typeof data === 'number' ? new Uint8Array(data) : data;
  const file = new Uint8Array(8 + text.length + bytes.length);
  new DataView(file.buffer).setBigUint64(0, claimed ?? BigInt(text.length), true);
  file.set(text, 8);
  file.set(bytes, 8 + text.length);
  return file;
}

const entry = (dtype: string, shape: unknown, offsets: unknown) =>
  JSON.stringify({ dtype, shape, data_offsets: offsets });
const two = `{"a":${entry('F32', [2], [0, 8])},"b":${entry('I32', [1], [8, 12])}}`;

describe('the reader takes', () => {
  const allowed: [string, Uint8Array, string[]][] = [
    ['an empty file', fileOf('{}'), []],
    ['a padded header', fileOf(`${two}   `, 12), ['a', 'b']],
    ['a scalar', fileOf(`{"a":${entry('F64', [], [0, 8])}}`, 8), ['a']],
    ['a tensor without numbers', fileOf(`{"a":${entry('F32', [0, 5], [0, 0])}}`), ['a']],
    [
      'tensors without numbers between others, in any order of the header',
      fileOf(
        `{"c":${entry('U8', [2], [1, 3])},"z":${entry('U8', [0], [1, 1])},"a":${entry('U8', [1], [0, 1])}}`,
        3,
      ),
      ['a', 'z', 'c'],
    ],
    ['metadata', fileOf('{"__metadata__":{"format":"pt","a: {":"\\"}"}}'), []],
    ['names that objects inherit', fileOf(`{"__proto__":${entry('BOOL', [1], [0, 1])}}`, 1), ['__proto__']],
  ];
  test.each(allowed)('%s', (_, file, names) => {
    expect(Object.keys(readSafetensors(file).tensors)).toEqual(names);
  });

  test('every dtype of the format', () => {
    for (const [dtype, width] of Object.entries(dtypeWidths)) {
      const { tensors } = readSafetensors(fileOf(`{"a":${entry(dtype, [2, 4], [0, 8 * width])}}`, 8 * width));
      expect(tensors.a).toMatchObject({ dtype, shape: [2, 4] });
    }
  });

  test('a view into a larger buffer', () => {
    const file = fileOf(
      two,
      Uint8Array.from({ length: 12 }, (_, i) => i),
    );
    const larger = new Uint8Array(file.length + 10);
    larger.set(file, 3);
    const { tensors } = readSafetensors(larger.subarray(3, 3 + file.length));
    expect([...tensors.b!.data]).toEqual([8, 9, 10, 11]);
  });

  test('nothing from a prototype', () => {
    const { tensors, metadata } = readSafetensors(fileOf('{}'));
    expect(tensors.constructor).toBeUndefined();
    expect(metadata.toString).toBeUndefined();
  });

  const fixtures = new URL('../../../../tooling/oracle/fixtures/', import.meta.url);
  test.each(readdirSync(fixtures).filter((name) => name.endsWith('.safetensors')))(
    "the oracle's %s",
    (name) => {
      const { tensors, metadata } = readSafetensors(readFileSync(new URL(name, fixtures)), name);
      expect(Object.keys(tensors)).toContain('output.logits');
      expect(JSON.parse(metadata.config!)).toMatchObject({ model_type: 'llama' });
    },
  );
});

describe('the reader refuses', () => {
  const utf8 = (text: string) => new TextEncoder().encode(text);
  const tensor = (dtype: string, shape: unknown, offsets: unknown, data: number) =>
    fileOf(`{"a":${entry(dtype, shape, offsets)}}`, data);
  const refused: [string, Uint8Array, string][] = [
    ['nothing at all', new Uint8Array(0), '0 bytes'],
    ['half a header length', new Uint8Array(7), '7 bytes'],
    ['an empty header', fileOf(''), 'does not start with "{"'],
    ['a header over the limit', fileOf('{}', 0, 100_000_001n), '100000001 bytes'],
    ['a header of 2^64 - 1 bytes', fileOf('{}', 0, 2n ** 64n - 1n), '18446744073709551615 bytes'],
    ['a header beyond the file', fileOf('{}', 0, 3n), '3 bytes of the 2'],
    ['a header that starts with a space', fileOf(' {}'), 'does not start with "{"'],
    ['a header that starts with a byte order mark', fileOf('\ufeff{}'), 'does not start with "{"'],
    ['a header that is a list', fileOf('[]'), 'does not start with "{"'],
    ['broken JSON', fileOf('{"a":}'), 'does not parse'],
    ['an unfinished string', fileOf('{"a'), 'does not parse'],
    ['a string that ends in a backslash', fileOf('{"a\\'), 'does not parse'],
    ['an escape that JSON does not have', fileOf('{"\\x":{}}'), 'does not parse'],
    ['a colon out of place', fileOf('{:}'), 'does not parse'],
    ['more after the header', fileOf('{}{}'), 'does not parse'],
    ['padding by zeros', fileOf('{}\0\0'), 'does not parse'],
    [
      'bytes that are not UTF-8',
      fileOf(Uint8Array.of(...utf8('{"'), 0xff, ...utf8('":1}'))),
      'does not parse',
    ],
    [
      'a name twice',
      fileOf(`{"a":${entry('U8', [0], [0, 0])},"a":${entry('U8', [0], [0, 0])}}`),
      'key "a" twice',
    ],
    [
      'a name twice, once escaped',
      fileOf(`{"a":${entry('U8', [0], [0, 0])},"\\u0061":${entry('U8', [0], [0, 0])}}`),
      'twice',
    ],
    ['a dtype twice', fileOf('{"a":{"dtype":"U8","dtype":"I8","shape":[0],"data_offsets":[0,0]}}'), 'twice'],
    ['metadata twice', fileOf('{"__metadata__":{},"__metadata__":{}}'), 'twice'],
    ['a key of the metadata twice', fileOf('{"__metadata__":{"k":"v","k":"v"}}'), 'twice'],
    ['metadata that is text', fileOf('{"__metadata__":"x"}'), '__metadata__ is "x"'],
    ['metadata that is a list', fileOf('{"__metadata__":["x"]}'), '__metadata__ is ["x"]'],
    ['metadata of numbers', fileOf('{"__metadata__":{"k":1}}'), '__metadata__ is {"k":1}'],
    ['metadata of null', fileOf('{"__metadata__":null}'), 'does not parse'],
    ['deep nesting', fileOf(`{"a":${'['.repeat(1e6)}`), 'more than 3 levels'],
    ['a tensor that is text', fileOf('{"a":"b"}'), '"a" has the entry "b"'],
    ['a tensor that is a list', fileOf('{"a":[]}'), '"a" has the entry []'],
    ['a tensor without dtype', fileOf('{"a":{"shape":[0],"data_offsets":[0,0]}}'), '"a" has the entry'],
    ['a tensor without shape', fileOf('{"a":{"dtype":"U8","data_offsets":[0,0]}}'), '"a" has the entry'],
    ['a tensor without offsets', fileOf('{"a":{"dtype":"U8","shape":[0]}}'), '"a" has the entry'],
    [
      'a tensor with more',
      fileOf('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"more":1}}'),
      '"a" has the entry',
    ],
    ['an unknown dtype', tensor('F33', [1], [0, 4], 4), 'the dtype "F33"'],
    ['a dtype that objects inherit', tensor('toString', [1], [0, 4], 4), 'the dtype "toString"'],
    ['a dtype in lower case', tensor('f32', [1], [0, 4], 4), 'the dtype "f32"'],
    ['a shape that is a number', tensor('F32', 1, [0, 4], 4), 'the shape 1'],
    ['a shape of text', tensor('F32', ['1'], [0, 4], 4), 'the shape ["1"]'],
    ['a negative dimension', tensor('F32', [-1], [0, 4], 4), 'does not parse'],
    ['a fraction of a dimension', tensor('F32', [0.5], [0, 2], 2), 'does not parse'],
    [
      'a dimension with an exponent',
      fileOf('{"a":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}', 1),
      '"e"',
    ],
    ['a dimension beyond whole numbers', tensor('F32', [2 ** 53], [0, 4], 4), 'the shape [9007199254740992]'],
    ['a size that overflows 53 bits', tensor('F32', [2 ** 30, 2 ** 30], [0, 0], 0), 'the shape'],
    ['a size that overflows 64 bits to 0', tensor('U8', [2 ** 32, 2 ** 32], [0, 0], 0), 'the shape'],
    ['offsets of one number', tensor('F32', [1], [0], 4), 'the data_offsets [0]'],
    ['offsets of three numbers', tensor('F32', [1], [0, 4, 4], 4), 'the data_offsets [0,4,4]'],
    ['offsets that run backwards', tensor('F32', [1], [4, 0], 4), 'from byte 4 to 0'],
    ['less data than the shape takes', tensor('F32', [2], [0, 4], 4), 'the 8 bytes of F32 [2]'],
    ['more data than the shape takes', tensor('F32', [1], [0, 8], 8), 'the 4 bytes of F32 [1]'],
    ['half a byte', tensor('F4', [3], [0, 2], 2), 'the 1.5 bytes of F4 [3]'],
    ['a hole before the first tensor', tensor('F32', [1], [4, 8], 8), '"a" begins at byte 4'],
    [
      'a hole between tensors',
      fileOf(`{"a":${entry('U8', [1], [0, 1])},"b":${entry('U8', [1], [2, 3])}}`, 3),
      '"b" begins at byte 2',
    ],
    [
      'tensors that overlap',
      fileOf(`{"a":${entry('U8', [2], [0, 2])},"b":${entry('U8', [2], [1, 3])}}`, 3),
      '"b" begins at byte 1',
    ],
    [
      'tensors that share their data',
      fileOf(`{"a":${entry('U8', [2], [0, 2])},"b":${entry('U8', [2], [0, 2])}}`, 2),
      '"b" begins at byte 0',
    ],
    ['a file cut short', fileOf(two, 11), '11 bytes of data'],
    ['bytes after the last tensor', fileOf(two, 13), '13 bytes of data'],
    ['data without tensors', fileOf('{}', 1), '1 bytes of data'],
  ];
  test.each(refused)('%s', (_, file, complaint) => {
    const read = () => readSafetensors(file, 'model.safetensors');
    expect(read).toThrow(CheckpointError);
    expect(read).toThrow('In model.safetensors, ');
    expect(read).toThrow(complaint);
  });

  test('a long list in few words', () => {
    const file = fileOf(`{"a":${entry('F99', Array(1000).fill(1), [0, 4])}}`, 4);
    expect(() => readSafetensors(file)).toThrow(/^.{1,400}$/s);
  });
});

const dtypes = Object.keys(dtypeWidths) as Dtype[];
const anyTensor = fc
  .record({ dtype: fc.constantFrom(...dtypes), shape: fc.array(fc.nat(4), { maxLength: 3 }) })
  .chain(({ dtype, shape }): fc.Arbitrary<RawTensor> => {
    const whole = dtypeWidths[dtype] < 1 ? [...shape, 4] : shape;
    const length = whole.reduce((size, dimension) => size * dimension, dtypeWidths[dtype]);
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((data) => ({ dtype, shape: whole, data: new Uint8Array(data) }));
  });
const anyName = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((name) => name !== '__metadata__');
const anyTensors = fc.dictionary(anyName, anyTensor, { maxKeys: 5 });
const anyMetadata = fc.dictionary(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.string({ unit: 'grapheme' }),
  {
    maxKeys: 3,
  },
);

describe('the writer', () => {
  test('makes files that read back as they were', () => {
    fc.assert(
      fc.property(anyTensors, anyMetadata, (tensors, metadata) => {
        const read = readSafetensors(writeSafetensors(tensors, metadata));
        expect({ ...read.tensors }).toEqual({ ...tensors });
        expect({ ...read.metadata }).toEqual({ ...metadata });
      }),
    );
  });

  test('makes one file of one content, with every tensor aligned', () => {
    fc.assert(
      fc.property(anyTensors, anyMetadata, (tensors, metadata) => {
        const file = writeSafetensors(tensors, metadata);
        const turned = (record: object) => Object.fromEntries(Object.entries(record).reverse());
        expect(writeSafetensors(turned(tensors), turned(metadata))).toEqual(file);
        for (const { dtype, data } of Object.values(readSafetensors(file).tensors)) {
          expect(data.byteOffset % Math.ceil(dtypeWidths[dtype])).toBe(0);
        }
      }),
    );
  });

  test("makes the bytes of the format's own examples", () => {
    const values = Float32Array.of(0, 1, 2, 3, 4, 5);
    const header = '{"attn0":{"dtype":"F32","shape":[1,1,2,3],"data_offsets":[0,24]}}       ';
    const written = writeSafetensors(encodeValues({ attn0: { shape: [1, 1, 2, 3], values } }));
    expect(written).toEqual(fileOf(header, new Uint8Array(values.buffer)));
    expect(writeSafetensors({})).toEqual(fileOf('{}      '));
    expect(writeSafetensors({}, { framework: 'pt' })).toEqual(
      fileOf('{"__metadata__":{"framework":"pt"}}     '),
    );
  });

  test('makes nothing that the reader would refuse', () => {
    const data = new Uint8Array(4);
    expect(() => writeSafetensors({ a: { dtype: 'F32', shape: [2], data } })).toThrow(CheckpointError);
    expect(() => writeSafetensors({ __metadata__: { dtype: 'F32', shape: [1], data } })).toThrow(
      CheckpointError,
    );
    expect(() => writeSafetensors({}, { step: 3 as unknown as string })).toThrow(CheckpointError);
  });
});

describe('a damaged file', () => {
  const numbers = { min: 0, max: 255 };
  const anyDamage = fc.array(
    fc.record({ at: fc.nat(), remove: fc.nat(3), insert: fc.uint8Array({ maxLength: 3, ...numbers }) }),
    { minLength: 1, maxLength: 3 },
  );
  const fragments = [
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\',
    '0',
    '9',
    '-',
    '1e9',
    'null',
    '"a"',
    '"F16"',
    ' ',
  ];
  const anySplice = fc.array(
    fc.record({ at: fc.nat(), remove: fc.nat(3), insert: fc.constantFrom(...fragments) }),
    { minLength: 1, maxLength: 3 },
  );

  /** Reads well, as tensors that cover the data and can be written again, or fails as it should. */
  function expectSound(file: Uint8Array): void {
    try {
      const { tensors, metadata } = readSafetensors(file);
      const again = readSafetensors(writeSafetensors(tensors, metadata));
      expect({ ...again.tensors }).toEqual({ ...tensors });
      expect({ ...again.metadata }).toEqual({ ...metadata });
      const size = Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0);
      expect(8 + Number(new DataView(file.buffer).getBigUint64(0, true)) + size).toBe(file.length);
    } catch (error) {
      expect(error).toBeInstanceOf(CheckpointError);
    }
  }

  test('is read as what it says or refused, whichever bytes change', () => {
    fc.assert(
      fc.property(anyTensors, anyMetadata, anyDamage, (tensors, metadata, damage) => {
        const bytes = [...writeSafetensors(tensors, metadata)];
        for (const { at, remove, insert } of damage) bytes.splice(at % bytes.length, remove, ...insert);
        expectSound(Uint8Array.from(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  test('is read as what it says or refused, whatever its header becomes', () => {
    fc.assert(
      fc.property(anyTensors, anyMetadata, anySplice, (tensors, metadata, splices) => {
        const file = writeSafetensors(tensors, metadata);
        const end = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
        const header = [...new TextDecoder().decode(file.subarray(8, end))];
        for (const { at, remove, insert } of splices) header.splice(at % header.length, remove, insert);
        expectSound(fileOf(header.join(''), file.subarray(end)));
      }),
      { numRuns: 2000 },
    );
  });

  test('that lost its end is refused, wherever it was cut', () => {
    const file = fileOf(two, 12);
    for (let end = 0; end < file.length; end++) {
      expect(() => readSafetensors(file.subarray(0, end))).toThrow(CheckpointError);
    }
  });
});
