/** Attention as few, large TensorFlow ops: products over all blocks and heads at once. */
import * as tf from '@tensorflow/tfjs-core';
import {
  type AttentionAttributes,
  type AttentionResults,
  type AttentionTensors,
  sizesOf,
} from '../problem.ts';
import { fromQueryRows, queryRows, seen, turningMatrices, unseen } from './layout.ts';
import { masksOf } from './masks.ts';

/** Tensors where the kernels of other backends have handles. */
export type Given<T> = { [K in keyof T]: tf.Tensor | Extract<T[K], undefined> };

/** @returns the value; then queries, keys and values as they were multiplied, and their weights */
export function forward(given: Given<AttentionTensors>, attributes: AttentionAttributes): tf.Tensor[] {
  const sizes = sizesOf(given);
  const { q, k, v, famK, famV, memoryK, memoryV } = given;
  const queries = queryRows(tf.mul(q, attributes.scale), sizes);
  const keys = seen({ fam: famK, memory: memoryK, own: k }, sizes, turnsOf(given));
  const values = seen({ fam: famV, memory: memoryV, own: v }, sizes);
  const masks = masksOf(sizes, attributes, given.visible);
  const scores = masks.reduce((sum, mask) => tf.add(sum, mask), tf.matMul(queries, keys, false, true));
  const weights = tf.softmax(scores);
  return [fromQueryRows(tf.matMul(weights, values), sizes), queries, keys, values, weights];
}

/** With P the weights: dV = Pᵀ·dO, dP = dO·Vᵀ, dS = P ∘ (dP − Σ dO ∘ O), dQ = dS·K, dK = dSᵀ·Q. */
export function backward(
  { value, dy, ...given }: Given<AttentionTensors & Omit<AttentionResults, 'logSumExp'>>,
  [queries, keys, values, weights]: tf.Tensor[],
  { scale }: AttentionAttributes,
): Given<AttentionTensors> {
  const sizes = sizesOf(given);
  const upstream = queryRows(dy, sizes);
  const means = queryRows(tf.sum(tf.mul(dy, value), -1, true), { ...sizes, D: 1 });
  // One more column each, and the product that makes dP subtracts the means as well.
  const shifted = tf.concat([upstream, tf.neg(means)], -1);
  const extended = tf.concat([values!, tf.ones([...values!.shape.slice(0, -1), 1])], -1);
  const slopes = tf.mul(weights!, tf.matMul(shifted, extended, false, true));
  const dK = unseen(tf.matMul(slopes, queries!, true), sizes, turnsOf(given));
  const dV = unseen(tf.matMul(weights!, upstream, true), sizes);
  return {
    q: tf.mul(fromQueryRows(tf.matMul(slopes, keys!), sizes), scale),
    ...{ k: dK.own, famK: dK.fam, memoryK: dK.memory },
    ...{ v: dV.own, famV: dV.fam, memoryV: dV.memory },
  };
}

function turnsOf(given: Given<AttentionTensors>): tf.Tensor | undefined {
  const { rotationCos, rotationSin } = given;
  return rotationCos && rotationSin && turningMatrices(rotationCos, rotationSin, sizesOf(given));
}
