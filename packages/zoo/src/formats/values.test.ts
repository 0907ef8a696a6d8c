/** Numbers come out of every dtype that has them as float32 or int32, whatever the alignment, and go back in. */
import { CheckpointError, ShapeError } from '@famjs/backends';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Dtype, type RawTensor, readSafetensors, writeSafetensors } from './safetensors.ts';
import { decodeTensors, encodeValues, toFloat32, toInt32 } from './values.ts';

/** A tensor whose bytes are those of a typed array, at an odd address. */
function unaligned(dtype: Dtype, values: ArrayBufferView & { length: number }): RawTensor {
  const bytes = new Uint8Array(values.byteLength + 1);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 1);
  return { dtype, shape: [values.length], data: bytes.subarray(1) };
}

describe('float32 from', () => {
  test('F32, bit by bit', () => {
    fc.assert(
      fc.property(fc.float32Array(), (values) => {
        expect(toFloat32(unaligned('F32', values), 'x')).toEqual(values);
      }),
    );
  });

  test('F64, rounded', () => {
    fc.assert(
      fc.property(fc.float64Array(), (values) => {
        expect([...toFloat32(unaligned('F64', values), 'x')]).toEqual([...values].map(Math.fround));
      }),
    );
  });

  test('BF16, the upper half of a float32', () => {
    fc.assert(
      fc.property(fc.float(), (value) => {
        const [bits] = new Uint32Array(Float32Array.of(value).buffer);
        const [expected] = new Float32Array(Uint32Array.of(bits! & 0xffff0000).buffer);
        expect(toFloat32(unaligned('BF16', Uint16Array.of(bits! >>> 16)), 'x')[0]).toBe(expected);
      }),
    );
  });

  test('F16, through zeros, subnormals, ends, infinities and NaN', () => {
    const halves = {
      0: 0,
      32768: -0,
      1: 2 ** -24,
      33791: -1023 * 2 ** -24,
      1024: 2 ** -14,
      13653: 0.333251953125,
      15360: 1,
      49152: -2,
      31743: 65504,
      31744: Number.POSITIVE_INFINITY,
      64512: Number.NEGATIVE_INFINITY,
      32257: Number.NaN,
    };
    const bits = Uint16Array.from(Object.keys(halves), Number);
    expect([...toFloat32(unaligned('F16', bits), 'x')]).toEqual([...bits].map((half) => halves[half as 0]));
  });

  test('no other dtype', () => {
    const eight: RawTensor = { dtype: 'F8_E4M3', shape: [1], data: new Uint8Array(1) };
    expect(() => toFloat32(eight, 'lm_head.weight')).toThrow(CheckpointError);
    expect(() => toFloat32(eight, 'lm_head.weight')).toThrow(
      '"lm_head.weight" holds numbers of type F8_E4M3',
    );
    expect(() => toInt32(eight, 'x')).toThrow(CheckpointError);
    expect(() => decodeTensors({ x: { ...eight, dtype: 'U64', data: new Uint8Array(8) } })).toThrow(
      CheckpointError,
    );
  });
});

test('int32 from I32 and I64, as far as 32 bits go', () => {
  const ends = [-(2 ** 31), -1, 0, 2 ** 31 - 1];
  expect([...toInt32(unaligned('I32', Int32Array.from(ends)), 'x')]).toEqual(ends);
  expect([...toInt32(unaligned('I64', BigInt64Array.from(ends, BigInt)), 'x')]).toEqual(ends);
  for (const beyond of [2n ** 31n, -(2n ** 31n) - 1n, 2n ** 32n]) {
    const tensor = unaligned('I64', BigInt64Array.of(0n, beyond));
    expect(() => toInt32(tensor, 'steps')).toThrow(`Number 1 of "steps" is ${beyond}`);
  }
});

test('values come back from a file, float64 as float32', () => {
  const values = {
    floats: { shape: [2, 1], values: Float32Array.of(1.5, -0) },
    doubles: { shape: [], values: Float64Array.of(1 / 3) },
    integers: { shape: [3], values: Int32Array.of(1, -2, 3) },
    none: { shape: [0, 4], values: new Float32Array(0) },
  };
  const read = decodeTensors(readSafetensors(writeSafetensors(encodeValues(values))).tensors);
  expect(read).toEqual({ ...values, doubles: { shape: [], values: Float32Array.of(1 / 3) } });
});

test('numbers that do not fill the shape are refused', () => {
  expect(() => encodeValues({ x: { shape: [2], values: Float32Array.of(1) } })).toThrow(ShapeError);
});
