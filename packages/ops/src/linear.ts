/** Linear maps with torch's weight layout, their biases and their low-rank adapters (LoRA; Hu et al., 2021). */
import { require, ShapeError } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { kernelOp } from './kernel-op.ts';
import { plus } from './plus.ts';
import { isQuantised, type Weight } from './quantised.ts';
import { quantisedLinear } from './quantised-linear.ts';
import { shaped } from './shaped.ts';

type Inputs = { x: tf.Tensor; weight?: tf.Tensor };

/** [..., in] · [out, in]ᵀ → [..., out]; a frozen weight is a constant and costs no gradient. */
export const linearOp = kernelOp<Inputs, { weight?: tf.Tensor }, Record<never, never>>({
  name: 'famjs/Linear',
  outputs: ['value'],
  reads: (differentiable) => (differentiable.includes('weight') ? ['x', 'weight'] : ['weight']),
  forward({ x, weight }) {
    const [out, inner] = weight!.shape as [number, number];
    const rows = shaped(x, [x.size / inner, inner]);
    return [shaped(tf.matMul(rows, weight!, false, true), [...x.shape.slice(0, -1), out])];
  },
  backward(dy, { x, weight }) {
    const [out, inner] = weight!.shape as [number, number];
    const upstream = shaped(dy, [dy.size / out, out]);
    const dx = shaped(tf.matMul(upstream, weight!), [...dy.shape.slice(0, -1), inner]);
    if (!x) return { x: dx };
    return { x: dx, weight: tf.matMul(upstream, shaped(x, [x.size / inner, inner]), true) };
  },
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
  /** [out, in]; a quantised one is frozen */
  weight: Weight;
  /** [out] */
  bias?: tf.Tensor | undefined;
  /** Freeze the weight and are trained in its place. */
  adapters?: readonly Adapter[] | undefined;
}

/**
 * x · weightᵀ, plus scale · (x · downᵀ) · upᵀ for each adapter, plus the bias where there is one.
 *
 * @param x [..., in]
 * @returns [..., out]
 * @throws ShapeError when the widths differ
 */
export function linear(x: tf.Tensor, { weight, bias, adapters = [] }: Projection): tf.Tensor {
  const [out, inner] = weight.shape as [number, number];
  require(x.shape.at(-1) === inner && (!bias || bias.size === out), ShapeError, () => ({
    wrong: `A linear map of shape [${weight.shape}]${bias ? `, with a bias of [${bias.shape}],` : ''} got activations of shape [${x.shape}].`,
    expected: `activations of width ${inner}${bias ? ` and a bias of ${out}` : ''}.`,
    remedy: 'pass the weight that belongs to these activations, in the layout [out, in].',
  }));
  for (const { down, up } of adapters) {
    const rank = down.shape[0]!;
    require(`${down.shape}|${up.shape}` === `${rank},${inner}|${out},${rank}`, ShapeError, () => ({
      wrong: `A linear map of shape [${weight.shape}] got an adapter of [${down.shape}] and [${up.shape}].`,
      expected: `[rank, ${inner}] and [${out}, rank].`,
      remedy: 'use the adapter with the model that it was trained on.',
    }));
  }
  let mapped = multiplied(x, weight, adapters.length > 0);
  for (const adapter of adapters) mapped = plus(mapped, adapted(x, adapter));
  return bias ? tf.add(mapped, bias) : mapped;
}

function multiplied(x: tf.Tensor, weight: Weight, isFrozen: boolean): tf.Tensor {
  if (isQuantised(weight)) return quantisedLinear(x, weight);
  return isFrozen ? linearOp({ x }, { weight }, {}) : linearOp({ x, weight }, {}, {});
}

/** Scaled where it is narrowest. */
function adapted(x: tf.Tensor, { down, up, scale }: Adapter): tf.Tensor {
  return linearOp({ x: tf.mul(linearOp({ x, weight: down }, {}, {}), scale), weight: up }, {}, {});
}
