/** A call of which a gradient keeps nothing but what it received: it runs again when its gradient is due. */
import { tidied } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { type Tape, thriftyGradients } from './thrifty-tape.ts';

type Node = Tape[number];

/** What a call makes once for others too, which has no gradient. */
export interface Constants {
  constants: object;
}

export type RecomputedCall = typeof recomputedCall;

/**
 * Runs `compute` while a gradient is recorded and puts one node on the tape in place of its own. What it received is found on the tape,
 * weights included; this, and all else that was made before it for the same gradient, is kept until its gradient has been computed.
 *
 * @param compute must compute the same each time, and tell of nothing but by its result
 */
export function recomputedCall<Result extends Constants>(compute: () => Result): Result {
  const { state } = tf.engine();
  const from = state.activeTape.length;
  const before = madeForGradient();
  const result = tidied(compute);
  const nodes = state.activeTape.splice(from);
  for (const { saved } of nodes) tf.dispose(saved ?? []);
  const isMade = new Set(nodes.flatMap(({ outputs }) => outputs.map(({ id }) => id)));
  const received = nodes.flatMap(({ inputs }) => Object.values(inputs)).filter(({ id }) => !isMade.has(id));
  const [all, constants] = [tensorsOf(result), tensorsOf(result.constants)];
  const places = all.flatMap((tensor, i) =>
    isMade.has(tensor.id) && !constants.includes(tensor) ? [i] : [],
  );
  state.activeTape.push({
    id: nodes.at(-1)!.id,
    kernelName: 'recomputed',
    inputs: Object.fromEntries(received.map((tensor) => [tensor.id, tensor])),
    outputs: places.map((i) => all[i]!),
    saved: [...before, ...constants]
      .filter(({ kept, isDisposed }) => !kept && !isDisposed)
      .map((tensor) => tf.keep(tensor)),
    gradient(this: Node, dys) {
      const wanted = Object.entries(this.inputs);
      const surrogate = () => {
        const again = tensorsOf(compute());
        const pulls = places.flatMap((place, i) => {
          const dy: tf.Tensor | null = dys[i]!;
          return dy ? [tf.sum<tf.Scalar>(tf.mul(again[place]!, dy))] : [];
        });
        return tf.addN(pulls);
      };
      const { grads } = thriftyGradients(
        surrogate,
        wanted.map(([, tensor]) => tensor),
      );
      return Object.fromEntries(
        wanted.map(([name, tensor], i) => [name, () => grads[i] ?? tf.zerosLike(tensor)]),
      );
    },
  });
  return result;
}

const tensorsOf = (held: object): tf.Tensor[] =>
  tf.tensor_util.getTensorsInContainer(held as tf.TensorContainer);

/** What was made since the gradient began to be recorded and is freed before it is computed. */
function madeForGradient(): tf.Tensor[] {
  const { scopeStack } = tf.engine().state;
  const first = scopeStack.map(({ name }) => name).lastIndexOf('forward');
  return scopeStack.slice(first).flatMap(({ track }) => track);
}
