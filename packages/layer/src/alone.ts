/** Activations that run through a layer with nothing else to see: the prompt of FAM, read tokens, kept summaries. */
import { blockAttention, type KeysValues } from '@famjs/kernels';
import type { RotaryTable } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Block } from './block.ts';

/**
 * @param x [B, n, d]
 * @param causal whether each sees those before it and itself, or all of them
 * @returns what the layer makes of it, computed when it is asked for, and its keys and values
 */
export function alone(
  block: Block,
  x: tf.Tensor,
  rotation: RotaryTable,
  causal = false,
): { x: () => tf.Tensor } & KeysValues {
  const { q, k: keys, v: values } = block.project(x, rotation);
  const [k, v] = [keys(), values()];
  const above = () => {
    const [queries, ...own] = [q(), k, v].map((heads) => tf.expandDims(heads, 1)) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const attention = blockAttention({
      ...{ q: queries, k: own[0], v: own[1], scale: block.attention.scale },
      causalOffset: causal ? 0 : undefined,
    });
    return block.finish(x, tf.squeeze(attention, [1]));
  };
  return { x: above, k, v };
}
