/** Numbers in memory, between the bytes of a safetensors file and the tensors of a backend. */
import { CheckpointError, require, ShapeError } from '@famjs/backends';
import { blockTypes } from '@famjs/ops';
import type { RawTensor, RawTensors } from './safetensors.ts';

/** A shape and its numbers, row by row. */
export interface Values {
  shape: readonly number[];
  values: Float32Array | Int32Array;
}

export type NamedValues = Readonly<Record<string, Values>>;

/** What can be written: float64 too, which comes back as float32. */
type Writable = Omit<Values, 'values'> & { values: Values['values'] | Float64Array };

/**
 * The numbers of a file's tensors: F64, F32, F16 and BF16 as float32, I64 and I32 as int32.
 *
 * @throws CheckpointError for other dtypes and for integers beyond 32 bits
 */
export function decodeTensors(tensors: RawTensors): NamedValues {
  return mapValues(tensors, (tensor, name) => {
    const integers = tensor.dtype === 'I32' || tensor.dtype === 'I64';
    return { shape: tensor.shape, values: integers ? toInt32(tensor, name) : toFloat32(tensor, name) };
  });
}

/**
 * The tensors that a file holds for shapes and their numbers.
 *
 * @throws ShapeError when there are more or fewer numbers than a shape takes
 */
export function encodeValues(named: Readonly<Record<string, Writable>>): RawTensors {
  return mapValues(named, ({ shape, values }, name) => {
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    require(size === values.length, ShapeError, () => ({
      wrong: `"${name}" has ${values.length} numbers and the shape [${shape}].`,
      expected: `${size} numbers.`,
      remedy: 'pass the shape of the tensor from which the numbers come.',
    }));
    const dtype = values instanceof Float32Array ? 'F32' : values instanceof Float64Array ? 'F64' : 'I32';
    return { dtype, shape, data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
  });
}

/** The same names with `change(value, name)` in place of each value. */
export function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From, name: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}

/**
 * The numbers of an F64, F32, F16 or BF16 tensor, rounded to float32.
 *
 * @throws CheckpointError for other dtypes
 */
export function toFloat32(tensor: RawTensor, name: string): Float32Array {
  const values = new Float32Array(tensor.shape.reduce((size, dimension) => size * dimension, 1));
  writeFloat32(tensor, name, values);
  return values;
}

/** The same, written to `into`, which has room for them and nothing else. */
export function writeFloat32({ dtype, data }: RawTensor, name: string, into: Float32Array): void {
  switch (dtype) {
    case 'F32':
      new Uint8Array(into.buffer, into.byteOffset, into.byteLength).set(data);
      return;
    case 'F64':
      into.set(new Float64Array(alignedBuffer(data)));
      return;
    case 'F16':
    case 'BF16':
      blockTypes[dtype].decode(data, into);
      return;
    default:
      throw unconvertible(name, dtype, 'F64, F32, F16 or BF16');
  }
}

/** The bits of numbers, in place. */
export const wordsOf = (numbers: Float32Array): Uint32Array =>
  new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);

/** A copy of its own is aligned for every dtype. */
const alignedBuffer = (data: Uint8Array): ArrayBuffer => new Uint8Array(data).buffer;

/**
 * The numbers of an I32 or I64 tensor.
 *
 * @throws CheckpointError for other dtypes and for integers beyond 32 bits
 */
export function toInt32({ dtype, data }: RawTensor, name: string): Int32Array {
  const buffer = alignedBuffer(data);
  if (dtype === 'I32') return new Int32Array(buffer);
  if (dtype !== 'I64') throw unconvertible(name, dtype, 'I32 or I64');
  return Int32Array.from(new BigInt64Array(buffer), (value, index) => {
    require(BigInt.asIntN(32, value) === value, CheckpointError, () => ({
      wrong: `Number ${index} of "${name}" is ${value}.`,
      expected: 'integers of at most 32 bits.',
      remedy: 'write the file again with smaller numbers.',
    }));
    return Number(value);
  });
}

function unconvertible(name: string, dtype: string, supported: string): CheckpointError {
  return new CheckpointError({
    wrong: `"${name}" holds numbers of type ${dtype}.`,
    expected: `${supported}.`,
    remedy: 'convert the file, for instance with PyTorch: tensor.to(torch.float32).',
  });
}
