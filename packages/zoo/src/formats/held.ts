/** How a tensor of a file is held on the backend: in float32, in the blocks that its file has, or in blocks that are made of float32. */
import { ConfigError, NonFiniteError, require } from '@famjs/backends';
import {
  type BlockDtype,
  blockTypes,
  brokenBlock,
  filled,
  fitsBlocks,
  quantised,
  type Weight,
} from '@famjs/ops';
import { type WeightDtype, weightDtypes } from '../dtype.ts';
import { type Sample, sampled, sampleOf } from '../fingerprint.ts';
import type { ReadTensor, StoredTensor } from './checkpoint.ts';

/** The blocks of a dtype. */
const blocksOf = { f32: undefined, f16: 'F16', q8: 'Q8_0', q4: 'Q4_0' } as const;

const isHalf = (type: BlockDtype) => type === 'F16' || type === 'BF16';

/**
 * Numbers that were rounded to blocks once are not rounded to others.
 *
 * @throws ConfigError when the files hold matrices in blocks, and others are asked for, or the dtype is none
 */
export function requireHoldable(stored: readonly StoredTensor[], dtype: WeightDtype | undefined): void {
  require(dtype === undefined || weightDtypes.includes(dtype), ConfigError, () => ({
    wrong: `The dtype ${JSON.stringify(dtype)} was asked for.`,
    expected: `one of ${weightDtypes.join(', ')}.`,
    remedy: 'leave the dtype out to keep the file as it is.',
  }));
  const other = dtype && roundedOtherwise(stored, dtype);
  require(!other, ConfigError, () => ({
    wrong: `The dtype ${dtype} was asked for, and ${other!.file} holds "${other!.name}" in ${other!.kept}.`,
    expected: `weights that are not quantised yet, or are ${blocksOf[dtype!]}: rounding twice loses more than either.`,
    remedy: 'leave the dtype out to keep the file as it is, or take the unquantised model.',
  }));
}

/** A tensor whose numbers were rounded to other blocks than those of a dtype. */
const roundedOtherwise = (stored: readonly StoredTensor[], dtype: WeightDtype): StoredTensor | undefined =>
  dtype === 'f32' ? undefined : stored.find(({ kept }) => kept && !isHalf(kept) && kept !== blocksOf[dtype]);

/** The dtypes in which such a model can be held, and, where its files keep blocks, `undefined` for these. */
export function holdableDtypes(stored: readonly StoredTensor[]): (WeightDtype | undefined)[] {
  const made = weightDtypes.filter((dtype) => !roundedOtherwise(stored, dtype));
  return stored.some(({ kept }) => kept) ? [...made, undefined] : made;
}

/**
 * The weight of a tensor that was read, and what of its float32 numbers the model is known by. Rows that are no whole blocks, and
 * what is no matrix, are float32.
 *
 * @throws NonFiniteError when a number is NaN or infinity, or becomes it in fewer bits
 */
export function held(
  name: string,
  read: ReadTensor,
  dtype: WeightDtype | undefined,
): { weight: Weight; sample: Sample } {
  const { shape } = read;
  const type = dtype ? blocksOf[dtype] : read.kept;
  const isMatrix = shape.length === 2 && !/^fam\.|\.lora_[AB]\./.test(name);
  if (type === undefined || !isMatrix || !fitsBlocks(type, shape[1]!)) {
    let sample!: Sample;
    const weight = filled(shape, (values) => {
      read.write(values);
      sample = sampleOf({ shape, values });
    });
    return { weight, sample };
  }
  if (type === read.dtype) {
    requireFiniteBlocks(name, type, read.bytes);
    return { weight: quantised(type, shape, read.bytes), sample: endsOf(read) };
  }
  const blocks = blocksOfNumbers(type, read);
  requireFiniteBlocks(name, type, blocks);
  return { weight: quantised(type, shape, blocks), sample: endsOf(read) };
}

/** How many float32 numbers of a matrix that becomes blocks exist at a time: whole blocks of every type, one megabyte. */
const numbersAtOnce = 2 ** 18;

/** A vocabulary's table may be larger in float32 than a process may have. */
function blocksOfNumbers(type: BlockDtype, { shape, write }: ReadTensor): Uint8Array {
  const { numbers, bytes, encode } = blockTypes[type];
  const size = shape[0]! * shape[1]!;
  const blocks = new Uint8Array((size / numbers) * bytes);
  const piece = new Float32Array(Math.min(size, numbersAtOnce));
  for (let from = 0; from < size; from += piece.length) {
    const values = piece.subarray(0, size - from);
    write(values, from);
    encode!(values, blocks.subarray((from / numbers) * bytes));
  }
  return blocks;
}

function requireFiniteBlocks(name: string, type: BlockDtype, data: Uint8Array): void {
  const { numbers, bytes, decode } = blockTypes[type];
  const block = brokenBlock(type, data);
  require(block < 0, NonFiniteError, () => {
    const values = new Float32Array(numbers);
    decode(data.subarray(block * bytes, (block + 1) * bytes), values);
    return {
      wrong: `Number ${block * numbers} of "${name}" is ${values[0]} in ${type}.`,
      expected: 'finite numbers in every weight.',
      remedy: 'fetch the weights again, or hold them in float32.',
    };
  });
}

/** The ends of a matrix, which are whole blocks of every type. */
function endsOf({ shape, write }: ReadTensor): Sample {
  const size = shape[0]! * shape[1]!;
  const count = Math.min(sampled, size);
  const ends = [0, size - count].map((from) => {
    const values = new Float32Array(count);
    write(values, from);
    return values;
  });
  return { shape, ends };
}
