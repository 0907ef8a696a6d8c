/** Attention as few, large TensorFlow ops: products over all blocks and heads at once. */
import * as tf from '@tensorflow/tfjs-core';
import type { Given } from '../composition.ts';
import {
  type AttentionAttributes,
  type AttentionResults,
  type AttentionTensors,
  problemOf,
  sizesOf,
} from '../problem.ts';
import { fromQueryRows, queryRows, rotationMatrices, seen, unseen } from './layout.ts';
import { masksOf } from './masks.ts';

/** @returns the value; then queries, keys and values as they were multiplied, and their weights */
export function forward(given: Given<AttentionTensors>, attributes: AttentionAttributes): tf.Tensor[] {
  const problem = problemOf(given, attributes);
  const { q, k, v, famK, famV, sinksK, sinksV, memoryK, memoryV } = given;
  const queries = queryRows(tf.mul(q, attributes.scale), problem);
  const keys = seen({ fam: famK, sinks: sinksK, memory: memoryK, own: k }, problem, rotationsOf(given));
  const values = seen({ fam: famV, sinks: sinksV, memory: memoryV, own: v }, problem);
  const masks = masksOf(problem, given.visible);
  const scores = masks.reduce((sum, mask) => tf.add(sum, mask), tf.matMul(queries, keys, false, true));
  const weights = tf.softmax(scores);
  return [fromQueryRows(tf.matMul(weights, values), problem), queries, keys, values, weights];
}

/** With P the weights: dV = Pᵀ·dO, dP = dO·Vᵀ, dS = P ∘ (dP − delta), delta = Σ dO ∘ O, dQ = dS·K, dK = dSᵀ·Q. */
export function backward(
  { value, dy, ...given }: Given<AttentionTensors & Omit<AttentionResults, 'logSumExp'>>,
  [queries, keys, values, weights]: tf.Tensor[],
  attributes: AttentionAttributes,
): Given<AttentionTensors> {
  const problem = problemOf(given, attributes);
  const dO = queryRows(dy, problem);
  const delta = queryRows(tf.sum(tf.mul(dy, value), -1, true), problem);
  // One more column each, and the product that makes dP subtracts delta as well.
  const shifted = tf.concat([dO, tf.neg(delta)], -1);
  const extended = tf.concat([values!, tf.ones([...values!.shape.slice(0, -1), 1])], -1);
  const dS = tf.mul(weights!, tf.matMul(shifted, extended, false, true));
  const dK = unseen(tf.matMul(dS, queries!, true), problem, rotationsOf(given));
  const dV = unseen(tf.matMul(weights!, dO, true), problem);
  return {
    q: tf.mul(fromQueryRows(tf.matMul(dS, keys!), problem), attributes.scale),
    ...{ k: dK.own, famK: dK.fam, sinksK: dK.sinks, memoryK: dK.memory },
    ...{ v: dV.own, famV: dV.fam, sinksV: dV.sinks, memoryV: dV.memory },
  };
}

function rotationsOf(given: Given<AttentionTensors>): tf.Tensor | undefined {
  const { rotationCos, rotationSin } = given;
  return rotationCos && rotationSin && rotationMatrices(rotationCos, rotationSin, sizesOf(given));
}
