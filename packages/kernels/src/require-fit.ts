/** Refuses calls of attention whose tensors do not fit together: kernels that work on memory trust their sizes. */
import { require, ShapeError } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import type { BlockAttention, KeysValues } from './call.ts';

/** The widest head, of keys or of values, that kernels have room for. */
const WIDEST = 512;

/** @throws ShapeError naming all shapes of the call */
export function requireFit(call: BlockAttention): void {
  const { q, k, v, fam, memory, sinks, visible, causalOffset, window, scale } = call;
  const [B, T, N, H, D] = q.shape as [number, number, number, number, number];
  const [M, Hkv] = k.shape.slice(2) as [number, number];
  const Dv = v.shape[4]!;
  /** Whether a pair has these sizes before those of its heads; undefined lets them be any. */
  const fits = (pair: KeysValues | undefined, ...sizes: (number | undefined)[]) =>
    !pair ||
    ((
      [
        [pair.k, D],
        [pair.v, Dv],
      ] as const
    ).every(
      ([{ shape }, width]) =>
        shape.length === sizes.length + 2 &&
        [...sizes, Hkv, width].every((size, axis) => size === undefined || size === shape[axis]),
    ) &&
      tf.util.arraysEqual(pair.k.shape.slice(0, -1), pair.v.shape.slice(0, -1)));
  const angles = memory?.rotation && [memory.rotation.cos, memory.rotation.sin];
  const held = [
    q.rank === 5 && k.rank === 5 && H % Hkv === 0 && M > 0,
    Math.min(D, Dv) > 0 && Math.max(D, Dv) <= WIDEST,
    fits({ k, v }, B, T, M),
    fits(fam, B, T, undefined),
    fits(memory, B, undefined, T > 1 ? M : undefined),
    fits(sinks, B, undefined),
    visible ? visible.dtype === 'int32' && tf.util.arraysEqual(visible.shape, [B]) : !memory && !sinks,
    !angles?.some(({ shape }) => shape[0]! < memory!.k.shape[1]! || shape[1]! * 2 !== D),
    causalOffset === undefined || (Number.isInteger(causalOffset) && causalOffset >= 0),
    window === undefined ||
      (Number.isInteger(window) && window > 0 && causalOffset !== undefined && causalOffset + N <= M),
    scale === undefined || Number.isFinite(scale),
  ];
  require(held.every(Boolean), ShapeError, () => {
    const given = {
      ...{ q, k, v, 'FAM k': fam?.k, 'FAM v': fam?.v, 'memory k': memory?.k, 'memory v': memory?.v },
      ...{ 'sinks k': sinks?.k, 'sinks v': sinks?.v, visible, cosines: angles?.[0], sines: angles?.[1] },
    };
    const shapes = Object.entries(given).flatMap(([name, tensor]) =>
      tensor ? `${name} ${tensor.dtype} [${tensor.shape}]` : [],
    );
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
