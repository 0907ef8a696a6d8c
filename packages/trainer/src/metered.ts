/** How many bytes of tensors are there, of each buffer once: what clones and reshaped tensors share is counted by the engine for each. */
import { stateTensors, type WeightMap } from '@famjs/layer';
import * as tf from '@tensorflow/tfjs-core';
import { type TrainingState, trainedWeights } from './training-state.ts';

/**
 * What a step of a state makes, and the most bytes that there are meanwhile, those of the state included. What a kernel takes for
 * itself and gives back before it ends is not counted.
 */
export async function metered<Result>(
  state: TrainingState,
  step: () => Promise<Result>,
): Promise<{ result: Result; peakBytes: number }> {
  const { tensorInfo } = tf.engine().state;
  const { set, delete: remove } = tensorInfo;
  let bytes = bytesOf(state);
  let peakBytes = bytes;
  const counting: Pick<typeof tensorInfo, 'set' | 'delete'> = {
    set(id, info) {
      bytes += info.bytes;
      peakBytes = Math.max(peakBytes, bytes);
      return set.call(tensorInfo, id, info);
    },
    delete(id) {
      bytes -= tensorInfo.get(id)?.bytes ?? 0;
      return remove.call(tensorInfo, id);
    },
  };
  Object.assign(tensorInfo, counting);
  try {
    const result = await step();
    return { result, peakBytes };
  } finally {
    Object.assign(tensorInfo, { set, delete: remove });
  }
}

/** Bytes of all that a state holds, weights that are not trained too. */
function bytesOf({ weights, slots, handed }: TrainingState): number {
  const tensors = [weights, slots ?? {}, handed ? stateTensors(handed) : {}].flatMap((named) =>
    Object.values(named),
  );
  const buffers = new Map(tensors.map(({ dataId, size }) => [dataId, 4 * size]));
  return [...buffers.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** Clones of what a step replaces, so that steps on them leave the state as it is. */
export function clonedTraining(state: TrainingState): TrainingState {
  const cloned = (named: WeightMap) =>
    Object.fromEntries(Object.entries(named).map(([name, tensor]) => [name, tf.clone(tensor)]));
  return {
    ...state,
    weights: { ...state.weights, ...cloned(trainedWeights(state)) },
    slots: state.slots && cloned(state.slots),
    handed: undefined,
  };
}
