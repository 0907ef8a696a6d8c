/** Refuses calls of attention whose tensors do not fit together: kernels that work on memory trust their sizes. */
import { require, ShapeError } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import type { BlockAttention, KeysValues } from './call.ts';

/** @throws ShapeError naming all shapes of the call */
export function requireFit({ q, k, v, fam, memory, causalOffset }: BlockAttention): void {
  const [B, T, , H, D] = q.shape as [number, number, number, number, number];
  const [M, Hkv] = k.shape.slice(2) as [number, number];
  const fits = (pair: KeysValues | undefined, blocks: number | undefined, rows: number | undefined) =>
    !pair ||
    (pair.k.rank === 5 &&
      tf.util.arraysEqual(pair.k.shape, pair.v.shape) &&
      [B, blocks, rows, Hkv, D].every((size, axis) => size === undefined || size === pair.k.shape[axis]));
  const angles = memory?.rotation && [memory.rotation.cos, memory.rotation.sin];
  const held = [
    q.rank === 5 && H % Hkv === 0 && M > 0,
    fits({ k, v }, T, M),
    fits(fam, T, undefined),
    fits(memory, undefined, T > 1 ? M : undefined),
    !memory || (memory.visible.dtype === 'int32' && tf.util.arraysEqual(memory.visible.shape, [B])),
    !angles?.some(({ shape }) => shape[0]! < memory!.k.shape[1]! || shape[1]! * 2 !== D),
    causalOffset === undefined || (Number.isInteger(causalOffset) && causalOffset >= 0),
  ];
  require(held.every(Boolean), ShapeError, () => {
    const given = {
      ...{ q, k, v, 'FAM k': fam?.k, 'FAM v': fam?.v, 'memory k': memory?.k, 'memory v': memory?.v },
      ...{ visible: memory?.visible, cosines: angles?.[0], sines: angles?.[1] },
    };
    const shapes = Object.entries(given).flatMap(([name, tensor]) =>
      tensor ? `${name} ${tensor.dtype} [${tensor.shape}]` : [],
    );
    return {
      wrong: `Attention got ${shapes.join(', ')} and the causal offset ${causalOffset}.`,
      expected:
        'q [B,T,N,H,D], k and v [B,T,M,Hkv,D], FAM [B,T,F,Hkv,D], memory [B,m,C,Hkv,D] with visible int32 [B] and ' +
        'angles [m,D/2], H a multiple of Hkv, C equal to M unless T is 1, the offset a natural number or undefined.',
      remedy: 'check the axes against the docstring of BlockAttention.',
    };
  });
}
