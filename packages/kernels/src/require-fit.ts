/** Refuses calls of attention whose tensors do not fit together: kernels that work on memory trust their sizes. */
import { require, ShapeError } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import type { AttentionAttributes, AttentionTensors } from './problem.ts';

/** The widest head, of keys or of values, that kernels have room for. */
const WIDEST = 512;

/** @throws ShapeError naming all shapes of the call */
export function requireFit(tensors: AttentionTensors, attributes: AttentionAttributes): void {
  require(fits(tensors, attributes), ShapeError, () => {
    const shapes = Object.entries(tensors).flatMap(([name, tensor]) =>
      tensor ? `${name} ${tensor.dtype} [${tensor.shape}]` : [],
    );
    const { causalOffset, window, scale } = attributes;
    return {
      wrong:
        `Attention got ${shapes.join(', ')}, the causal offset ${causalOffset}, the window ${window} and the ` +
        `scale ${scale}.`,
      expected:
        'q [B,T,N,H,D], k [B,T,M,Hkv,D], v [B,T,M,Hkv,Dv], FAM k and v [B,T,F,Hkv,D or Dv], memory [B,m,C,Hkv,D or Dv] ' +
        'with angles [m,D/2], sinks [B,n,Hkv,D or Dv], visible int32 [B] where there is memory or are sinks, H a ' +
        `multiple of Hkv, heads of at most ${WIDEST}, C equal to M unless T is 1, the offset a natural number or ` +
        'undefined, the window one from 1 on with queries of the block, offset + N <= M.',
      remedy: 'check the axes against the docstring of BlockAttention.',
    };
  });
}

function fits(tensors: AttentionTensors, { causalOffset, window, scale }: AttentionAttributes): boolean {
  const { q, k, v, famK, famV, memoryK, memoryV, sinksK, sinksV, visible, rotationCos, rotationSin } =
    tensors;
  if (q.shape.length !== 5 || k.shape.length !== 5 || v.shape.length !== 5) return false;
  const [B, T, N, H, D] = q.shape as [number, number, number, number, number];
  const [M, Hkv] = k.shape.slice(2) as [number, number];
  const Dv = v.shape[4]!;
  /** Whether a tensor has these sizes; undefined lets them be any. */
  const has = (tensor: tf.TensorInfo | undefined, ...sizes: (number | undefined)[]) =>
    tensor?.shape.length === sizes.length &&
    sizes.every((size, axis) => size === undefined || size === tensor.shape[axis]);
  const isPair = (
    keys: tf.TensorInfo | undefined,
    values: tf.TensorInfo | undefined,
    ...sizes: (number | undefined)[]
  ) =>
    (!keys && !values) ||
    (has(keys, ...sizes, Hkv, D) &&
      has(values, ...sizes, Hkv, Dv) &&
      tf.util.arraysEqual(keys!.shape.slice(0, -1), values!.shape.slice(0, -1)));
  const isNatural = (x: number, least: number) => Number.isInteger(x) && x >= least;
  return [
    H % Hkv === 0 && M > 0 && Math.min(D, Dv) > 0 && Math.max(D, Dv) <= WIDEST,
    isPair(k, v, B, T, M),
    isPair(famK, famV, B, T, undefined),
    isPair(memoryK, memoryV, B, undefined, T > 1 ? M : undefined),
    isPair(sinksK, sinksV, B, undefined),
    visible ? visible.dtype === 'int32' && has(visible, B) : !memoryK && !sinksK,
    [rotationCos, rotationSin].every(
      (x) => !x || (x.shape[0]! >= memoryK!.shape[1]! && x.shape[1]! * 2 === D),
    ),
    causalOffset === undefined || isNatural(causalOffset, 0),
    window === undefined || (isNatural(window, 1) && causalOffset !== undefined && causalOffset + N <= M),
    Number.isFinite(scale),
  ].every(Boolean);
}
