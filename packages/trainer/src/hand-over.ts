/** What a step hands to the next: random state passing and stateful lanes (spec.md, "Training technique"). */
import { type FamState, mapState, stateTensors } from '@famjs/layer';
import * as tf from '@tensorflow/tfjs-core';

/**
 * A state whose rows come from either of two: where `carries` is 1 the row goes on from `handed`, where it is 0 it
 * starts afresh, with the prompt's FAM and no memory segments in sight. Differentiable in `fresh`.
 *
 * @param carries [B] of 0 and 1
 */
export function handOver(fresh: FamState, handed: FamState, carries: tf.Tensor): FamState {
  const old = stateTensors(handed);
  return mapState(fresh, (tensor, name) => {
    if (name === 'visible') return tf.mul(old[name]!, tf.cast(carries, 'int32'));
    const mask = tf.reshape(carries, [-1, ...Array(tensor.rank - 1).fill(1)]);
    return tf.add(tf.mul(old[name]!, mask), tf.mul(tensor, tf.sub(1, mask)));
  });
}

/**
 * The state that random state passing hands on: the FAM of the first row for every row, and nothing else of it.
 *
 * @param rows B of the step that it is handed to
 */
export function firstRowFam(state: FamState, rows: number): FamState {
  const widened = mapState(state, (tensor, name) => {
    const [, ...shape] = tensor.shape;
    if (!name.endsWith('.fam')) return tf.zeros([rows, ...shape], tensor.dtype);
    return tf.broadcastTo(tf.slice(tensor, [0], [1]), [rows, ...shape]);
  });
  return { ...widened, filled: 0, carried: tf.ones([rows]) };
}
