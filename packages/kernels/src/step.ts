/** Attention of the open block's next tokens over an append-only log of keys and values: decoding. */
import { require, ShapeError } from '@famjs/backends';
import { isTaped, plainKernel, type RotaryTable } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import { blockAttention } from './attention.ts';
import type { KeysValues } from './call.ts';
import { type StepAttributes, segmentsHeld, stepProblemOf } from './problem.ts';
import { requireFit } from './require-fit.ts';

type Inputs = Record<'q' | 'k' | 'v', tf.Tensor> &
  Record<
    'famK' | 'famV' | 'sinksK' | 'sinksV' | 'visible' | 'rotationCos' | 'rotationSin',
    tf.Tensor | undefined
  >;

export const stepAttentionKernel = plainKernel<Inputs, StepAttributes>('famjs/StepAttention');

export interface StepAttention {
  /** Queries [B, N, H, D] of the tokens offset … offset + N − 1 of the open block. */
  q: tf.Tensor;
  /** Keys [B, L, Hkv, D] and values [B, L, Hkv, Dv] in the order of tokens, as `appendRows` of @famjs/ops makes them. */
  log: KeysValues;
  /** Row of the log at which the open block begins. */
  own: number;
  /** Tokens of the open block before the first query. */
  offset: number;
  /** FAM as in `BlockAttention`, [B, F, Hkv, D] and [B, F, Hkv, Dv]. */
  fam?: KeysValues | undefined;
  /** Sinks as in `BlockAttention`, [B, n, Hkv, D] and [B, n, Hkv, Dv]. */
  sinks?: KeysValues | undefined;
  /** Segments m that a query may see; the one s blocks back begins at row own − s · C, and those before row 0 are none. */
  segments: number;
  /** Tokens C of a segment. */
  blockSize: number;
  /** int32 [B]: a row sees the segment s blocks back where s ≤ visible, and sinks where m + 1 ≤ visible. */
  visible?: tf.Tensor | undefined;
  /** Angles of s blocks in row s − 1, as in `MemorySegments`. */
  rotation?: RotaryTable | undefined;
  scale?: number | undefined;
  window?: number | undefined;
  /** As in `BlockAttention`. */
  pinned?: number | undefined;
}

/**
 * What `blockAttention` gives for the open block, without a copy of the log where the backend has a kernel for it: query
 * i sees the log's rows own … own + offset + i, the segments before them, FAM and sinks. Differentiable.
 *
 * @returns [B, N, H, Dv]
 * @throws ShapeError when the shapes do not fit together
 */
export function stepAttention(call: StepAttention): tf.Tensor {
  requireRows(call);
  if (isTaped() || call.pinned || !stepAttentionKernel.isThere()) return tf.tidy(() => fromSlices(call));
  const [inputs, attributes] = kernelArguments(call);
  const { tensors, problem } = stepProblemOf(inputs, attributes);
  requireFit(tensors, problem);
  return stepAttentionKernel(inputs, attributes)[0]!;
}

function kernelArguments(call: StepAttention): [Inputs, StepAttributes] {
  const { q, log, own, offset, fam, sinks, segments, blockSize, visible, window } = call;
  const rotation = segmentsHeld(own, segments, blockSize) > 0 ? call.rotation : undefined;
  return [
    {
      ...{ q, k: log.k, v: log.v, famK: fam?.k, famV: fam?.v, sinksK: sinks?.k, sinksV: sinks?.v },
      ...{ visible, rotationCos: rotation?.cos, rotationSin: rotation?.sin },
    },
    { own, offset, segments, blockSize, window, scale: call.scale ?? 1 / Math.sqrt(q.shape[3]!) },
  ];
}

/** @throws ShapeError where the log does not hold the rows of the call */
function requireRows({ q, log, own, offset, segments, blockSize }: StepAttention): void {
  const [, N, L] = [...q.shape.slice(0, 2), log.k.shape[1]] as [number, number, number];
  const isCount = (x: number) => Number.isInteger(x) && x >= 0;
  const held =
    q.rank === 4 &&
    log.k.rank === 4 &&
    tf.util.arraysEqual(log.k.shape.slice(0, 3), log.v.shape.slice(0, 3)) &&
    [own, offset, segments].every(isCount) &&
    (segments === 0 || (isCount(blockSize) && blockSize > 0)) &&
    own + offset + N <= L;
  require(held, ShapeError, () => ({
    wrong:
      `Attention over a log got q [${q.shape}], keys [${log.k.shape}], values [${log.v.shape}], the open block at row ` +
      `${own}, ${offset} tokens before the queries and ${segments} segments of ${blockSize}.`,
    expected:
      'q [B,N,H,D], keys [B,L,Hkv,D] and values [B,L,Hkv,Dv] with own + offset + N <= L, whole numbers from 0 on, and ' +
      'segments of at least a token.',
    remedy: 'append the keys and values of the queries to the log first.',
  }));
}

/** The composition: slices of the log as the tensors of `blockAttention`. */
function fromSlices(call: StepAttention): tf.Tensor {
  const { q, log, own, offset, blockSize, rotation, scale, window, pinned } = call;
  const [B, N] = q.shape as [number, number];
  const m = segmentsHeld(own, call.segments, blockSize);
  const rows = (x: tf.Tensor, from: number, blocks: number, length: number) => {
    const [, L, ...inner] = x.shape as [number, number, ...number[]];
    const width = tf.util.sizeFromShape(inner);
    // TensorFlow cuts along the first axis without a copy.
    const cut =
      B === 1
        ? tf.slice(tf.reshape(x, [L, width]), [from, 0], [blocks * length, width])
        : tf.slice(tf.reshape(x, [B, L, width]), [0, from, 0], [B, blocks * length, width]);
    return tf.reshape(cut, [B, blocks, length, ...inner]);
  };
  const both = (from: number, blocks: number, length: number) => ({
    k: rows(log.k, from, blocks, length),
    v: rows(log.v, from, blocks, length),
  });
  const attention = blockAttention({
    q: tf.expandDims(q, 1),
    ...both(own, 1, offset + N),
    fam: call.fam && { k: tf.expandDims(call.fam.k, 1), v: tf.expandDims(call.fam.v, 1) },
    memory: m > 0 ? { ...both(own - m * blockSize, m, blockSize), rotation } : undefined,
    sinks: call.sinks,
    visible: call.sinks && m < call.segments ? visibleOf(m, call) : call.visible,
    causalOffset: offset,
    ...{ scale, window, pinned },
  });
  return tf.squeeze(attention, [1]);
}

/** `visible` for `held` segments, of which sinks count as the next one. */
function visibleOf(held: number, { visible, segments }: StepAttention): tf.Tensor | undefined {
  return (
    visible &&
    tf.add(tf.minimum(visible, tf.scalar(held, 'int32')), tf.cast(tf.greater(visible, segments), 'int32'))
  );
}
