/** A small call for each of our kernels, by whose value and gradients a kernel is known to be right. */
import { stepAttention, stepAttentionKernel } from '@famjs/kernels';
import {
  adamStep,
  appendRows,
  appendRowsKernel,
  type BlockDtype,
  blockTypes,
  embedding,
  filled,
  gatedOp,
  geGLU,
  layerNorm,
  layerNormOp,
  linear,
  linearOp,
  plus,
  quantised,
  quantisedLinearOp,
  rmsNorm,
  rmsNormOp,
  rotary,
  rotaryFrequencies,
  rotaryOp,
  rotaryTable,
  swiGLU,
  tanhGeGLU,
  tokenCrossEntropy,
  tokenCrossEntropyOp,
  widenedRowsKernel,
} from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';

export interface Call {
  name: string;
  /** The kernels that it runs where a backend has them, without the `Grad` of their gradients. */
  kernels: readonly string[];
  /** Shapes of the tensors that it takes, whose numbers are normally distributed. */
  shapes: readonly (readonly number[])[];
  /** Of float32, in all that it takes differentiable unless `fixed`. */
  run(...tensors: tf.Tensor[]): tf.Tensor;
  /** Has no gradient. */
  fixed?: boolean;
}

const ids = (...values: number[]) => tf.tensor1d(values, 'int32');
const angles = (positions: readonly number[], width: number) =>
  rotaryTable(positions, rotaryFrequencies(width, 30));
const flat = (tensors: tf.Tensor[]) => tf.concat(tensors.map((tensor) => tf.reshape(tensor, [-1])));

/** A matrix [9, 256] of blocks whose bits follow a pattern. */
function blocks(type: BlockDtype) {
  const { numbers, bytes, scales } = blockTypes[type];
  const data = Uint8Array.from(
    { length: ((9 * 256) / numbers) * bytes },
    (_, i) => (i * 37 + (i >> 5)) & 255,
  );
  for (let at = 0; at < data.length; at += bytes) for (const scale of scales) data[at + scale + 1] = 0x3c;
  return quantised(type, [9, 256], data);
}

export const calls: readonly Call[] = [
  ...(Object.keys(blockTypes) as BlockDtype[]).flatMap((type): Call[] => [
    ...[1, 6].map((rows) => ({
      name: `a linear map of ${type}, ${rows === 1 ? 'of one row' : 'of many rows'}`,
      kernels: [quantisedLinearOp.kernelName],
      shapes: [[rows, 256]],
      run: (x?: tf.Tensor) => linear(x!, { weight: blocks(type) }),
    })),
    {
      name: `rows of ${type}`,
      kernels: [widenedRowsKernel.kernelName],
      shapes: [],
      fixed: true,
      run: () => embedding(blocks(type), ids(3, 0, 3, 8)),
    },
  ]),
  {
    name: 'RMSNorm',
    kernels: [rmsNormOp.kernelName],
    shapes: [[5, 23], [23]],
    run: (x, gain) => rmsNorm(x!, gain, 1e-5),
  },
  {
    name: 'LayerNorm',
    kernels: [layerNormOp.kernelName],
    shapes: [[5, 23], [23], [23]],
    run: (x, gain, bias) => layerNorm(x!, gain!, bias, 1e-5),
  },
  {
    name: 'a linear map of many rows',
    kernels: [linearOp.kernelName],
    shapes: [
      [19, 37],
      [41, 37],
    ],
    run: (x, weight) => linear(x!, { weight: weight! }),
  },
  {
    name: 'a linear map of one row',
    kernels: [linearOp.kernelName],
    shapes: [
      [1, 37],
      [41, 37],
    ],
    run: (x, weight) => linear(x!, { weight: weight! }),
  },
  ...[swiGLU, geGLU, tanhGeGLU].map(
    (gated): Call => ({
      name: gated.name,
      kernels: [gatedOp.kernelName],
      shapes: [
        [7, 13],
        [7, 13],
      ],
      run: (gate, up) => gated(gate!, up!),
    }),
  ),
  ...[false, true].map(
    (inverse): Call => ({
      name: inverse ? 'rotary embedding, turned back' : 'rotary embedding',
      kernels: [rotaryOp.kernelName],
      shapes: [[2, 5, 3, 10]],
      run: (x) => rotary(x!, angles([0, 1, 2, 5, 90], 10), inverse),
    }),
  ),
  {
    name: 'embedding',
    kernels: ['famjs/Embedding', tf.UnsortedSegmentSum],
    shapes: [[11, 6]],
    run: (table) => embedding(table!, ids(3, 0, 3, 10, 3)),
  },
  {
    name: 'cross-entropy',
    kernels: [tokenCrossEntropyOp.kernelName],
    shapes: [[4, 29]],
    run: (logits) => tokenCrossEntropy(logits!, ids(0, 28, 5, 5), tf.tensor1d([1, 0.5, 0, 2])),
  },
  {
    name: 'a sum',
    kernels: ['famjs/Plus'],
    shapes: [
      [3, 5],
      [3, 5],
    ],
    run: (a, b) => plus(a!, b!),
  },
  {
    name: 'slices and splits',
    kernels: [tf.Slice, tf.SplitV, tf.Unpack, tf.Identity],
    shapes: [[4, 6, 5]],
    run(x) {
      const [first, second] = tf.split(x!, [2, 4], 1);
      return flat([tf.slice(second!, [1, 1, 1], [2, 2, 3]), ...tf.unstack(first!, 0), tf.clone(x!)]);
    },
  },
  {
    name: "a step of Adam's",
    kernels: ['famjs/AdamStep'],
    shapes: [
      [3, 7],
      [3, 7],
      [3, 7],
      [3, 7],
    ],
    fixed: true,
    run(weight, mean, root, gradient) {
      const state = { weight: weight!, mean: mean!, square: tf.square(root!) };
      const step = { beta1: 0.9, beta2: 0.99, epsilon: 1e-6, decay: 0.99, rate: 0.01 };
      return flat(Object.values(adamStep(state, gradient, tf.scalar(0.5), step)));
    },
  },
  {
    name: 'numbers that are written in place',
    kernels: ['famjs/Filled'],
    shapes: [],
    fixed: true,
    run: () => filled([3, 5], (numbers) => numbers.set(numbers.map((_, i) => i / 7))),
  },
  {
    name: 'a log that rows are appended to',
    kernels: [appendRowsKernel.kernelName],
    shapes: [
      [2, 3, 5],
      [2, 2, 5],
    ],
    run(rows, more) {
      const log = appendRows(appendRows(undefined, rows!, 0), more!, 3);
      return tf.slice(log.tensor, [0, 0, 0], [2, 5, 5]);
    },
  },
  {
    name: "a token's attention over the log",
    kernels: [stepAttentionKernel.kernelName],
    shapes: [[2, 2, 4, 8], ...[24, 24, 3, 3, 2, 2].map((rows) => [2, rows, 2, 8])],
    run: (q, k, v, famK, famV, sinksK, sinksV) =>
      stepAttention({
        q: q!,
        log: { k: k!, v: v! },
        fam: { k: famK!, v: famV! },
        sinks: { k: sinksK!, v: sinksV! },
        ...{ own: 16, offset: 6, blockSize: 8, segments: 2 },
        visible: ids(3, 1),
        rotation: angles([8, 16], 8),
      }),
  },
];
