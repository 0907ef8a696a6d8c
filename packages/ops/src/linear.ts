/** Linear maps with torch's weight layout, and their low-rank adapters (LoRA; Hu et al., 2021). */
import { require, ShapeError } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { kernelOp } from './kernel-op.ts';

type Inputs = { x: tf.Tensor; weight?: tf.Tensor };

/** [N, in] · [out, in]ᵀ → [N, out]; a frozen weight is a constant and costs no gradient. */
export const linearOp = kernelOp<Inputs, { weight?: tf.Tensor }, Record<never, never>>({
  name: 'famjs/Linear',
  outputs: ['value'],
  forward: ({ x, weight }) => [tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D, false, true)],
});

/** A low-rank update scale · up · down of a frozen weight. */
export interface Adapter {
  /** [rank, in] */
  down: tf.Tensor;
  /** [out, rank] */
  up: tf.Tensor;
  scale: number;
}

/**
 * x · weightᵀ, plus scale · (x · downᵀ) · upᵀ when there is an adapter, which freezes the weight itself.
 *
 * @param x [..., in]
 * @param weight [out, in]
 * @returns [..., out]
 * @throws ShapeError when the inner widths differ
 */
export function linear(x: tf.Tensor, weight: tf.Tensor, adapter?: Adapter): tf.Tensor {
  const [out, inner] = weight.shape as [number, number];
  require(x.shape.at(-1) === inner, ShapeError, () => ({
    wrong: `A linear map of shape [${weight.shape}] got activations of shape [${x.shape}].`,
    expected: `activations of width ${inner}.`,
    remedy: 'pass the weight that belongs to these activations, in the layout [out, in].',
  }));
  const rows = tf.reshape(x, [-1, inner]);
  const y = adapter
    ? tf.add(linearOp({ x: rows }, { weight }, {}), adapted(rows, adapter))
    : linearOp({ x: rows, weight }, {}, {});
  return tf.reshape(y, [...x.shape.slice(0, -1), out]);
}

function adapted(rows: tf.Tensor, { down, up, scale }: Adapter): tf.Tensor {
  return tf.mul(linearOp({ x: linearOp({ x: rows, weight: down }, {}, {}), weight: up }, {}, {}), scale);
}
