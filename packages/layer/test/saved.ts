/** A state outside of any backend, as a session is saved. */
import { tidied } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { disposeState, type FamState, mapState, stateTensors } from '../src/index.ts';
import { type Stack, startOf, weightsOf } from './stacks.ts';

export interface SavedState {
  filled: number;
  blocks: number;
  tensors: Record<string, { values: number[]; shape: number[]; dtype: tf.DataType }>;
}

/** The state that `compute` returns, of which nothing is left. */
export async function saveState(compute: () => FamState): Promise<SavedState> {
  const state = tidied(compute);
  const tensors: SavedState['tensors'] = {};
  for (const [name, tensor] of Object.entries(stateTensors(state))) {
    tensors[name] = { values: [...(await tensor.data())], shape: tensor.shape, dtype: tensor.dtype };
  }
  disposeState(state);
  return { filled: state.filled, blocks: state.blocks, tensors };
}

export function restoreState(stack: Stack, { filled, blocks, tensors }: SavedState): FamState {
  const restored = mapState(startOf(stack, weightsOf(stack)), (_, name) => {
    const { values, shape, dtype } = tensors[name]!;
    return tf.tensor(values, shape, dtype);
  });
  return { ...restored, filled, blocks };
}
