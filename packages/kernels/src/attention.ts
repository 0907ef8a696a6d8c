/** Attention of blocks over FAM, sinks, memory segments and themselves: the public function. */
import { kernelOp } from '@famjs/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { BlockAttention } from './call.ts';
import { composed } from './composition.ts';
import { inPieces } from './pieces.ts';
import { type AttentionAttributes, sizesOf } from './problem.ts';
import { requireFit } from './require-fit.ts';
import { blocksAtOnce } from './terms.ts';

type Inputs = {
  q: tf.Tensor;
  k: tf.Tensor;
  v: tf.Tensor;
  famK: tf.Tensor | undefined;
  famV: tf.Tensor | undefined;
  memoryK: tf.Tensor | undefined;
  memoryV: tf.Tensor | undefined;
  sinksK: tf.Tensor | undefined;
  sinksV: tf.Tensor | undefined;
};
type Constants = {
  visible: tf.Tensor | undefined;
  rotationCos: tf.Tensor | undefined;
  rotationSin: tf.Tensor | undefined;
};

export const blockAttentionOp = kernelOp<Inputs, Constants, AttentionAttributes, 'value' | 'logSumExp'>({
  name: 'famjs/BlockAttention',
  outputs: ['value', 'logSumExp'],
  forward: (given, attributes) => [composed(given, attributes)],
});

/** A call as the op takes it. */
export function opArguments(call: BlockAttention): [Inputs, Constants, AttentionAttributes] {
  const { q, k, v, fam, memory, sinks, visible, causalOffset, window, pinned } = call;
  return [
    {
      ...{ q, k, v, famK: fam?.k, famV: fam?.v },
      ...{ memoryK: memory?.k, memoryV: memory?.v, sinksK: sinks?.k, sinksV: sinks?.v },
    },
    {
      visible: memory || sinks || pinned ? visible : undefined,
      ...{ rotationCos: memory?.rotation?.cos, rotationSin: memory?.rotation?.sin },
    },
    { causalOffset, window, scale: call.scale ?? 1 / Math.sqrt(q.shape[4]!), pinned },
  ];
}

/**
 * Softmax attention with the structure of TransformerFAM (spec.md, "One layer, one block"): the queries of block t see
 * the FAM of block t, the sinks, the memory segments before block t, and their own block up to themselves.
 *
 * @returns [B, T, N, H, Dv]
 * @throws ShapeError when the shapes do not fit together
 */
export function blockAttention(call: BlockAttention): tf.Tensor {
  const [inputs, constants, attributes] = opArguments(call);
  const tensors = { ...inputs, ...constants };
  requireFit(tensors, attributes);
  if (attributes.pinned) return blockAttentionOp.reference(inputs, constants, attributes);
  const most = blocksAtOnce(blockAttentionOp.kernelName, sizesOf(tensors));
  return inPieces(call, most, (piece) => blockAttentionOp(...opArguments(piece)));
}
