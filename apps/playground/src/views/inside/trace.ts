/** Reading block by block with everything noted: who attends to what, and what FAM becomes. */
import { tidied } from '@famjs/backends';
import { type AttentionWeights, attentionWeights } from '@famjs/kernels';
import { type Attended, type FamState, forkState, keepState, type Recurrence } from '@famjs/layer';
import * as tf from '@tensorflow/tfjs-core';
import type { LiveText } from '../../passkey/live-text.ts';

/** Reads one whole block of one text. @returns per layer, probabilities [C + F, H, F + C] */
export async function tracedRead(live: LiveText, block: Int32Array): Promise<Float32Array[]> {
  const seen: tf.Tensor[] = [];
  const recurrence: Recurrence = {
    attend: (attended, { layer }) => {
      seen[layer] = tf.keep(tidied(() => attentionOf(attended)));
    },
  };
  try {
    await live.read([block], recurrence);
    return await Promise.all(seen.map((tensor) => tensor.data<'float32'>()));
  } finally {
    tf.dispose(seen);
  }
}

/** Of the tokens, and below them of the FAM queries. */
function attentionOf({ tokens, fam }: Attended): tf.Tensor {
  const rows = [tokens, fam[0]!].map((call) => joined(attentionWeights(call)));
  return tf.concat(rows, 0);
}

/** [1, 1, N, H, keys] as [N, H, FAM and block]. */
function joined({ fam, own }: AttentionWeights): tf.Tensor {
  const all = tf.concat(fam ? [fam, own] : [own], 4);
  return tf.reshape(all, all.shape.slice(2));
}

/** The state on its own, to come back to. */
export const copyOf = (state: FamState): FamState => keepState(forkState(state));

/** FAM of every layer as numbers, [B, L · F · d] a row. */
export async function famsOf({ layers, rows }: FamState): Promise<Float32Array[]> {
  const joined = tidied(() =>
    tf.concat(
      layers.map(({ fam }) => tf.reshape(fam!.activations, [rows.length, -1])),
      1,
    ),
  );
  const values = (await joined.data().finally(() => joined.dispose())) as Float32Array;
  const width = values.length / rows.length;
  return rows.map((_, row) => values.slice(row * width, (row + 1) * width));
}
