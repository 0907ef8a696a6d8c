/** A matrix in fewer than 32 bits a number: a value that stands wherever a model has a matrix that is not trained. */
import { require, ShapeError } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { type BlockDtype, blockTypes } from './block-types.ts';
import { filled } from './filled.ts';
import { plainKernel } from './plain-kernel.ts';

/** Rows of blocks as GGUF has them. What holds it is the caller's: `tf.dispose` finds its tensors. */
export type Quantised = {
  readonly type: BlockDtype;
  /** [out, in] */
  readonly shape: number[];
  /**
   * The rows in turn, of which every device binds a piece at once: [rows, words of four bytes], int32. A row begins with a word of its own.
   * Kernels of ours read them; on webgl TensorFlow.js' ops cannot.
   */
  readonly pieces: tf.Tensor[];
};

/** What stands for a matrix of a model: float32 numbers, or blocks of fewer bits. */
export type Weight = tf.Tensor | Quantised;

export const isQuantised = (weight: Weight): weight is Quantised => 'pieces' in weight;

/** What a kernel reads of a piece: so many numbers in each of its rows. */
export interface BlockAttributes {
  type: BlockDtype;
  width: number;
}

/**
 * Rows of a piece as float32 numbers [n, in]: those of `ids`, zeros for an id that is none of its rows, or n of them from `from` on.
 * Backends without it hold float32 numbers instead of blocks.
 */
export const widenedRowsKernel = plainKernel<
  { words: tf.Tensor; ids?: tf.Tensor },
  BlockAttributes & { from: number; count: number }
>('famjs/WidenedRows');

/** Words where int32 tensors of the backend do not keep all of their bits. */
export const wordsKernel = plainKernel<Record<never, never>, { shape: number[]; bytes: Uint8Array }>(
  'famjs/Words',
);

/** Every device binds so many bytes at once, and has textures for them. */
const pieceBytes = 2 ** 25;

/** All kernels read groups of so many numbers. */
const group = 32;

/** Whether rows of so many numbers are made of whole blocks. */
export const fitsBlocks = (type: BlockDtype, width: number): boolean =>
  width > 0 && width % Math.max(group, blockTypes[type].numbers) === 0;

/** Bytes of a row as its blocks have them. */
export const rowBytes = ({ type, width }: BlockAttributes): number =>
  (width / blockTypes[type].numbers) * blockTypes[type].bytes;

/**
 * A matrix of the blocks in `data`, row by row, on the current backend. Where that has no products with blocks (tensorflow), it is a
 * float32 tensor of the same numbers.
 *
 * @param shape [out, in]; `fitsBlocks` of `in`
 * @param data finite blocks (`brokenBlock`)
 * @throws ShapeError when the data is no such matrix
 */
export function quantised(type: BlockDtype, shape: readonly number[], data: Uint8Array): Weight {
  const [rows, width] = shape as [number, number];
  const bytes = rowBytes({ type, width });
  require(shape.length === 2 && fitsBlocks(type, width) && data.length === rows * bytes, ShapeError, () => ({
    wrong: `A matrix of shape [${shape}] was to be made of ${data.length} bytes of ${type}.`,
    expected: `rows of whole blocks of ${Math.max(group, blockTypes[type].numbers)} numbers, each of ${blockTypes[type].bytes} bytes a block.`,
    remedy: 'hold a matrix of other rows in float32.',
  }));
  if (!widenedRowsKernel.isThere()) return filled(shape, (into) => blockTypes[type].decode(data, into));
  const pieces: tf.Tensor[] = [];
  const most = rowsOfPiece(bytes);
  try {
    for (let from = 0; from < rows; from += most) {
      const count = Math.min(most, rows - from);
      pieces.push(wordsOf(data.subarray(from * bytes, (from + count) * bytes), count));
    }
  } catch (error) {
    tf.dispose(pieces);
    throw error;
  }
  return { type, shape: [rows, width], pieces };
}

const rowsOfPiece = (bytes: number) => Math.max(1, Math.floor(pieceBytes / bytes));

/** Rows of bytes as rows of words, the last of which is filled with zeros. */
function wordsOf(data: Uint8Array, rows: number): tf.Tensor {
  const bytes = data.length / rows;
  const width = Math.ceil(bytes / 4);
  if (bytes % 4 === 0) return wordTensor([rows, width], data);
  const padded = new Uint8Array(rows * width * 4);
  for (let row = 0; row < rows; row++)
    padded.set(data.subarray(row * bytes, (row + 1) * bytes), row * width * 4);
  return wordTensor([rows, width], padded);
}

function wordTensor(shape: [number, number], bytes: Uint8Array): tf.Tensor {
  if (wordsKernel.isThere()) return wordsKernel({}, { shape, bytes })[0]!;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return tf.tensor(new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4), shape, 'int32');
}

/** The matrix as float32 numbers [out, in]; the same tensor where it is one. */
export function widened(weight: Weight): tf.Tensor {
  if (!isQuantised(weight)) return weight;
  const parts = weight.pieces.map((words) => widenedRows(weight, words, 0, words.shape[0]!));
  if (parts.length === 1) return parts[0]!;
  const whole = tf.concat(parts, 0);
  tf.dispose(parts);
  return whole;
}

/** A handle of its own on a weight's values, kept: it and the weight end independently. */
export const sharedWeight = (weight: Weight): Weight =>
  isQuantised(weight)
    ? { ...weight, pieces: weight.pieces.map((words) => tf.keep(tf.clone(words))) }
    : tf.keep(tf.clone(weight));

/** Rows `from` … `from` + `count` − 1 of a piece as float32 numbers. */
export function widenedRows(
  { type, shape }: Pick<Quantised, 'type' | 'shape'>,
  words: tf.Tensor,
  from: number,
  count: number,
): tf.Tensor {
  return widenedRowsKernel({ words }, { type, width: shape[1]!, from, count })[0]!;
}

/**
 * The matrix whose rows are those of another, moved: what `change` does to [out, …], it does to the numbers or to the bytes of rows.
 *
 * @param change moves rows as a whole, along the first axis; the second one is of any width
 */
export function withRows(weight: Weight, change: (rows: tf.Tensor) => tf.Tensor): Weight {
  if (!isQuantised(weight)) return change(weight);
  const { type, shape, pieces } = weight;
  if (wordsKernel.isThere()) return withBytes(weight, change(rowNumbers(shape[0]!)).dataSync());
  const moved = change(pieces.length === 1 ? pieces[0]! : tf.concat(pieces, 0));
  const [rows, words] = moved.shape as [number, number];
  const most = rowsOfPiece(rowBytes({ type, width: shape[1]! }));
  const cut = Array.from({ length: Math.ceil(rows / most) }, (_, piece) =>
    tf.slice(moved, [piece * most, 0], [Math.min(most, rows - piece * most), words]),
  );
  return { type, shape: [rows, shape[1]!], pieces: cut.length > 1 ? cut : [moved] };
}

const rowNumbers = (count: number) => tf.reshape(tf.range(0, count, 1, 'int32'), [count, 1]);

/** The rows of these numbers, moved on the processor. */
function withBytes({ type, shape, pieces }: Quantised, numbers: ArrayLike<number>): Weight {
  const bytes = rowBytes({ type, width: shape[1]! });
  const held = pieces.flatMap((words) => {
    const { buffer, byteOffset } = words.dataSync<'int32'>();
    const [rows, width] = words.shape as [number, number];
    return Array.from(
      { length: rows },
      (_, row) => new Uint8Array(buffer, byteOffset + 4 * row * width, bytes),
    );
  });
  const moved = new Uint8Array(numbers.length * bytes);
  for (let row = 0; row < numbers.length; row++) moved.set(held[numbers[row]!]!, row * bytes);
  return quantised(type, [numbers.length, shape[1]!], moved);
}
