/** What each activation of FAM is worth: it is put back to its mean over other keys, and the key is asked for. */

import { tidied } from '@famjs/backends';
import { type FamState, keepState, mapState, renewState } from '@famjs/layer';
import type { PassKeyText } from '@famjs/tasks';
import { type HeldModel, stackOf } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import { openText } from '../../passkey/live-text.ts';
import { askForKeys, type KeyAnswer } from '../../passkey/questions.ts';

/**
 * Answers of one text whose FAM lacks one activation after the other: first of the whole FAM, then without activation f of
 * layer l at 1 + l · F + f.
 *
 * @param state of one row, at the border of a block
 * @param others whose FAM is that of other keys, at the border of a block
 */
export async function answersWithout(
  model: HeldModel,
  text: PassKeyText,
  state: FamState,
  others: FamState,
): Promise<KeyAnswer[]> {
  const { layers } = model.config;
  const { famLength: F } = model.config.fam;
  const rows = 1 + layers * F;
  const ablated = tidied(() => {
    const many = mapState(state, (tensor) => tf.tile(tensor, [rows, ...Array(tensor.rank - 1).fill(1)]));
    const without: FamState = {
      ...many,
      rows: Array(rows).fill(state.rows[0]!),
      layers: many.layers.map((layer, l) => {
        const fam = layer.fam!;
        const mean = tf.mean(others.layers[l]!.fam!.activations, 0, true);
        const gone = tf.oneHot(
          tf.tensor1d(
            Array.from({ length: rows }, (_, row) => row - 1 - l * F),
            'int32',
          ),
          F,
        );
        const mask = tf.expandDims(tf.cast(gone, 'float32'), 2);
        const activations = tf.add(fam.activations, tf.mul(mask, tf.sub(mean, fam.activations)));
        return { ...layer, fam: { ...fam, activations } };
      }),
    };
    const renewed = renewState(stackOf(model), without);
    return keepState(mapState(renewed, (tensor) => tf.clone(tensor)));
  });
  const live = openText(model, rows, ablated);
  try {
    return await askForKeys(live, text);
  } finally {
    live.dispose();
  }
}
