/**
 * Recomputed backward (spec.md, "Three schedules"): gradients through a long text that is cut into segments, with the
 * activations of one segment and the states between segments in memory, whatever the length.
 */
import { tidied } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { disposeState, type FamState, keepState, mapState, stateTensors } from './state.ts';
import type { WeightMap } from './weights.ts';

export interface SegmentResult {
  /** This segment's share of the loss; the shares add up. */
  loss: tf.Scalar;
  /** The state after the segment. */
  state: FamState;
}

export interface RecomputedPass {
  /** How many segments there are. */
  segments: number;
  /** The state before the first segment; differentiable in the weights, for FAM starts from the prompt. */
  start(weights: WeightMap): FamState;
  /** Reads segment `index`. Called twice for each but the last, it must compute the same both times. */
  read(index: number, weights: WeightMap, state: FamState): SegmentResult;
}

export interface Gradients {
  /** Sum of the segments' losses. */
  loss: tf.Scalar;
  /** One gradient a weight that the loss depends on. */
  gradients: Record<string, tf.Tensor>;
  /** The state after the last segment. */
  state: FamState;
}

/**
 * Loss, gradients and final state of a pass. The caller disposes of them.
 *
 * @param weights every weight that `start` and `read` use
 * @param trainable names of those whose gradients are wanted
 */
export function recomputedGradients(
  pass: RecomputedPass,
  weights: WeightMap,
  trainable: readonly string[],
): Gradients {
  const before = statesBetween(pass, weights);
  let total: Gradients | undefined;
  let upstream: TensorMap = {};
  for (let index = pass.segments - 1; index >= 0; index--) {
    const into = before[index];
    const { state, ...found } = tidied(() => {
      const segment = segmentGradients(pass, index, weights, trainable, into, upstream);
      if (!total) return segment;
      return {
        ...segment,
        loss: tf.add<tf.Scalar>(total.loss, segment.loss),
        weights: sum(total.gradients, segment.weights),
      };
    });
    tf.dispose(upstream);
    if (into) disposeState(into);
    if (total) {
      disposeState(state);
      tf.dispose([total.loss, total.gradients]);
    }
    total = { loss: found.loss, gradients: found.weights, state: total?.state ?? state };
    upstream = found.states;
  }
  tf.dispose(upstream);
  return total!;
}

type TensorMap = Record<string, tf.Tensor>;

/** The states before the segments 1 …; the first segment makes its own. */
function statesBetween(pass: RecomputedPass, weights: WeightMap): (FamState | undefined)[] {
  const states: (FamState | undefined)[] = [undefined];
  for (let index = 0; index < pass.segments - 1; index++) {
    states.push(tidied(() => pass.read(index, weights, states[index] ?? pass.start(weights)).state));
  }
  return states;
}

/**
 * Gradients of one segment's loss plus ⟨upstream, state after it⟩ with respect to the weights and the state before it.
 * The loss and the state are those of the segment alone.
 */
function segmentGradients(
  pass: RecomputedPass,
  index: number,
  weights: WeightMap,
  trainable: readonly string[],
  before: FamState | undefined,
  upstream: TensorMap,
): { loss: tf.Scalar; state: FamState; weights: TensorMap; states: TensorMap } {
  const held = Object.entries(before ? stateTensors(before) : {}).filter(([name]) => differentiable(name));
  const leaves = [...trainable.map((name) => weights[name]!), ...held.map(([, tensor]) => tensor)];
  let result: SegmentResult | undefined;
  const surrogate = () => {
    const { loss, state } = pass.read(index, weights, before ?? pass.start(weights));
    result = { loss: tf.keep(tf.clone(loss)), state: keepState(state) };
    const after = stateTensors(state);
    const pulls = Object.entries(upstream).map(([name, gradient]) => tf.sum(tf.mul(after[name]!, gradient)));
    return tf.addN([loss, ...pulls]);
  };
  const { value, grads } = tf.engine().gradients(surrogate, leaves, undefined as never, true);
  value.dispose();
  const named = (names: readonly string[], from: number) =>
    Object.fromEntries(
      names.map((name, i) => [name, grads[from + i]]).filter(([, gradient]) => gradient),
    ) as TensorMap;
  return {
    ...result!,
    weights: named(trainable, 0),
    states: named(
      held.map(([name]) => name),
      trainable.length,
    ),
  };
}

/** FAM, memory segments and the open block carry gradients; the counts beside them do not. */
const differentiable = (name: string) => name.startsWith('layers.');

function sum(left: TensorMap, right: TensorMap): TensorMap {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  const add = (a: tf.Tensor | undefined, b: tf.Tensor | undefined) =>
    a && b ? tf.add(a, b) : tf.clone((a ?? b)!);
  return Object.fromEntries([...names].map((name) => [name, add(left[name], right[name])]));
}
