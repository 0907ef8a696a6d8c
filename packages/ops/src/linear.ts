/** Linear maps with torch's weight layout, their biases and their low-rank adapters (LoRA; Hu et al., 2021). */
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

/** What stands wherever a model has a matrix. */
export interface Projection {
  /** [out, in] */
  weight: tf.Tensor;
  /** [out] */
  bias?: tf.Tensor | undefined;
  /** Freezes the weight and is trained in its place. */
  adapter?: Adapter | undefined;
}

/**
 * x · weightᵀ, plus scale · (x · downᵀ) · upᵀ where there is an adapter, plus the bias where there is one.
 *
 * @param x [..., in]
 * @returns [..., out]
 * @throws ShapeError when the widths differ
 */
export function linear(x: tf.Tensor, { weight, bias, adapter }: Projection): tf.Tensor {
  const [out, inner] = weight.shape as [number, number];
  require(x.shape.at(-1) === inner && (!bias || bias.size === out), ShapeError, () => ({
    wrong: `A linear map of shape [${weight.shape}]${bias ? `, with a bias of [${bias.shape}],` : ''} got activations of shape [${x.shape}].`,
    expected: `activations of width ${inner}${bias ? ` and a bias of ${out}` : ''}.`,
    remedy: 'pass the weight that belongs to these activations, in the layout [out, in].',
  }));
  const rows = tf.reshape(x, [-1, inner]);
  const mapped = adapter
    ? tf.add(linearOp({ x: rows }, { weight }, {}), adapted(rows, adapter))
    : linearOp({ x: rows, weight }, {}, {});
  const y = bias ? tf.add(mapped, bias) : mapped;
  return tf.reshape(y, [...x.shape.slice(0, -1), out]);
}

function adapted(rows: tf.Tensor, { down, up, scale }: Adapter): tf.Tensor {
  return tf.mul(linearOp({ x: linearOp({ x: rows, weight: down }, {}, {}), weight: up }, {}, {}), scale);
}
