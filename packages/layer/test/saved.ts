/** A state outside of any backend, as a session is saved. */
import { tidied } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { compactState, disposeState, type FamState, stateOf, stateTensors } from '../src/index.ts';

export interface SavedState {
  place: Pick<FamState, 'filled' | 'own' | 'rows'>;
  layers: number;
  tensors: Record<string, { values: number[]; shape: number[]; dtype: tf.DataType }>;
}

/** The state that `compute` returns, of which nothing is left. */
export async function saveState(compute: () => FamState): Promise<SavedState> {
  const state = tidied(() => compactState(compute()));
  const tensors: SavedState['tensors'] = {};
  for (const [name, tensor] of Object.entries(stateTensors(state))) {
    tensors[name] = { values: [...(await tensor.data())], shape: tensor.shape, dtype: tensor.dtype };
  }
  disposeState(state);
  const { filled, own, rows, layers } = state;
  return { place: { filled, own, rows }, layers: layers.length, tensors };
}

export function restoreState({ place, layers, tensors }: SavedState): FamState {
  const restored = Object.entries(tensors).map(([name, { values, shape, dtype }]) => [
    name,
    tf.tensor(values, shape, dtype),
  ]);
  return stateOf(place, layers, Object.fromEntries(restored));
}
