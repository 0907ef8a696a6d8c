/**
 * Attention as few, large TensorFlow ops: products over whole blocks, a group of heads at a time, so that scores are
 * worked on while they lie in the processor's cache.
 */
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

/** Heads whose scores together take at most so many bytes are worked on together: about what stays in a core's cache. */
const GROUP_BYTES = 2 << 20;

/** @returns the value; then queries, keys and values as they were multiplied, and the weights of each group of heads */
export function forward(given: Given<AttentionTensors>, attributes: AttentionAttributes): tf.Tensor[] {
  const sizes = sizesOf(given);
  const { q, k, v, famK, famV, memoryK, memoryV } = given;
  const queries = queryRows(tf.mul(q, attributes.scale), sizes);
  const keys = seen({ fam: famK, memory: memoryK, own: k }, sizes, turnsOf(given));
  const values = seen({ fam: famV, memory: memoryV, own: v }, sizes);
  const masks = masksOf(sizes, attributes, given.visible);
  const groups = inGroups(sizes, [queries, keys, values, ...masks], ([q, k, v, ...hidden]) => {
    const scores = hidden.reduce((sum, mask) => tf.add(sum, mask), tf.matMul(q!, k!, false, true));
    const weights = tf.softmax(scores);
    return { heads: tf.matMul(weights, v!), weights };
  });
  const heads = joined(groups.map((group) => group.heads));
  return [fromQueryRows(heads, sizes), queries, keys, values, ...groups.map(({ weights }) => weights)];
}

/** With P the weights: dV = Pᵀ·dO, dP = dO·Vᵀ, dS = P ∘ (dP − Σ dO ∘ O), dQ = dS·K, dK = dSᵀ·Q. */
export function backward(
  { value, dy, ...given }: Given<AttentionTensors & Omit<AttentionResults, 'logSumExp'>>,
  [queries, keys, values, ...weights]: tf.Tensor[],
  { scale }: AttentionAttributes,
): Given<AttentionTensors> {
  const sizes = sizesOf(given);
  const upstream = queryRows(dy, sizes);
  const means = queryRows(tf.sum(tf.mul(dy, value), -1, true), { ...sizes, D: 1 });
  // One more column each, and the product that makes dP subtracts the means as well.
  const shifted = tf.concat([upstream, tf.neg(means)], 2);
  const extended = tf.concat([values!, tf.ones([...values!.shape.slice(0, 2), 1])], 2);
  const operands = [queries!, keys!, extended, upstream, shifted];
  const groups = inGroups(sizes, operands, ([q, k, v1, dO, shiftedO], index) => {
    const P = weights[index]!;
    const dS = tf.mul(P, tf.matMul(shiftedO!, v1!, false, true));
    return { q: tf.matMul(dS, k!), k: transposedTimes(dS, q!), v: transposedTimes(P, dO!) };
  });
  const all = (name: 'q' | 'k' | 'v') => joined(groups.map((group) => group[name]));
  const dK = unseen(all('k'), sizes, turnsOf(given));
  const dV = unseen(all('v'), sizes);
  return {
    q: tf.mul(fromQueryRows(all('q'), sizes), scale),
    ...{ k: dK.own, famK: dK.fam, memoryK: dK.memory },
    ...{ v: dV.own, famV: dV.fam, memoryV: dV.memory },
  };
}

function turnsOf(given: Given<AttentionTensors>): tf.Tensor | undefined {
  const { rotationCos, rotationSin } = given;
  return rotationCos && rotationSin && turningMatrices(rotationCos, rotationSin, sizesOf(given));
}

/** Calls `work` with consecutive matrices out of each operand; an operand of one matrix is there for all. */
function inGroups<Result extends tf.TensorContainer>(
  { B, T, N, H, Hkv, M, F, m, C }: ReturnType<typeof sizesOf>,
  operands: tf.Tensor[],
  work: (operands: tf.Tensor[], group: number) => Result,
): Result[] {
  const count = B * T * Hkv;
  const scores = (H / Hkv) * N * (F + m * C + M);
  const most = isLarge(scores) ? Math.max(1, Math.floor(GROUP_BYTES / (4 * scores))) : count;
  const groups = Math.ceil(count / most);
  const lengths = Array.from({ length: groups }, (_, group) => Math.min(most, count - group * most));
  const parts = operands.map((all) =>
    all.shape[0] === 1 || groups === 1 ? Array<tf.Tensor>(groups).fill(all) : tf.split(all, lengths),
  );
  return lengths.map((_, group) =>
    tf.tidy(() =>
      work(
        parts.map((of) => of[group]!),
        group,
      ),
    ),
  );
}

function joined(groups: tf.Tensor[]): tf.Tensor {
  return groups.length > 1 ? tf.concat(groups) : groups[0]!;
}

/** aᵀ · b for a much wider than b. Of large matrices TensorFlow transposes the narrow one faster. */
function transposedTimes(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [, rows, columns] = a.shape as [number, number, number];
  return isLarge(rows * columns) ? tf.transpose(tf.matMul(b, a, true), [0, 2, 1]) : tf.matMul(a, b, true);
}

/** Whether one head has so many scores that its products are better made by themselves. */
function isLarge(scores: number): boolean {
  return scores >= 2 ** 16;
}
