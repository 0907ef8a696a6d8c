/** What can be done to FAM from outside: erase it, give each row that of another, hold it as it is. */
import { type Fam, type FamState, mapState, type Recurrence, type Stack, startState } from '@famjs/layer';
import * as tf from '@tensorflow/tfjs-core';

/** FAM as it was before the first block; everything else stays. */
export function erased(state: FamState, stack: Stack): FamState {
  const fresh = startState(stack, state.rows.length);
  return {
    ...state,
    rows: state.rows.map((row) => ({ ...row, updates: 0 })),
    layers: state.layers.map((layer, l) => ({ ...layer, fam: fresh.layers[l]!.fam })),
  };
}

/** Each row with the FAM of the row after it, the last with that of the first. */
export function swapped(state: FamState): FamState {
  const rows = state.rows.length;
  const next = tf.tensor1d(
    state.rows.map((_, row) => (row + 1) % rows),
    'int32',
  );
  return mapState(state, (tensor, name) => (isFam(name) ? tf.gather(tensor, next) : tensor));
}

const isFam = (name: string) => /\.fam(\.|$)/.test(name);

/** A FAM that is held: what every block is to see, and how to put it back after a read. */
export interface HeldFam {
  recurrence: Recurrence;
  putBack(state: FamState): FamState;
  dispose(): void;
}

export function heldFam(state: FamState): HeldFam {
  const kept = state.layers.map(({ fam }) => fam && eachTensor(fam, (tensor) => tf.keep(tf.clone(tensor))));
  return {
    recurrence: { disturb: (fam, { layer }) => tf.clone(kept[layer]?.activations ?? fam) },
    putBack: (state) => ({
      ...state,
      layers: state.layers.map((layer, l) => ({ ...layer, fam: kept[l] })),
    }),
    dispose: () => tf.dispose(kept.flatMap((fam) => (fam ? Object.values(fam) : []))),
  };
}

function eachTensor(fam: Fam, change: (tensor: tf.Tensor) => tf.Tensor): Fam {
  const { activations, k, v, initial } = fam;
  return {
    ...{ activations: change(activations), k: change(k), v: change(v) },
    ...(initial && { initial: change(initial) }),
  };
}
