/**
 * Recomputed backward (spec.md, "Three schedules"): gradients through a long text that is cut into segments, with the
 * activations of one segment and the states between segments in memory, whatever the length.
 */
import { tidied } from '@famjs/backends';
import { withFrozen } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import { compactState, disposeState, type FamState, keepState, stateTensors } from './state.ts';
import { thriftyGradients } from './thrifty-tape.ts';
import type { WeightMap } from './weights.ts';

export interface SegmentResult {
  /** This segment's share of the loss, computed when it is asked for; the shares add up. */
  loss: () => tf.Scalar;
  /** The state after the segment. */
  state: FamState;
}

export interface RecomputedPass {
  /** How many segments there are. */
  segments: number;
  /** The state before the first segment; differentiable in the weights, for FAM starts from the prompt. */
  start(weights: WeightMap): FamState;
  /**
   * Reads segment `index`. Called twice for each but the last, it must compute the same both times; the first time nobody
   * asks for its loss.
   */
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
  /** The states before the segments 1 …; the first segment makes its own. */
  const between: FamState[] = [];
  let total: Gradients | undefined;
  let upstream: TensorMap = {};
  try {
    for (let index = 0; index < pass.segments - 1; index++) {
      between.push(
        tidied(() =>
          compactState(pass.read(index, weights, between[index - 1] ?? pass.start(weights)).state),
        ),
      );
    }
    for (let index = pass.segments - 1; index >= 0; index--) {
      const into = between[index - 1];
      const { states, ...own } = tidied(() =>
        segmentGradients(pass, index, weights, trainable, into, upstream),
      );
      tf.dispose(upstream);
      upstream = states;
      if (into) disposeState(between.pop()!);
      total = total ? sum(own, total) : own;
    }
    tf.dispose(upstream);
    return total!;
  } catch (error) {
    for (const state of between) disposeState(state);
    tf.dispose(upstream);
    if (total) disposeGradients(total);
    throw error;
  }
}

type TensorMap = Record<string, tf.Tensor>;

function disposeGradients({ loss, gradients, state }: Gradients): void {
  tf.dispose([loss, gradients]);
  disposeState(state);
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
): Gradients & { states: TensorMap } {
  const held = Object.entries(before ? stateTensors(before) : {});
  const leaves = [...trainable.map((name) => weights[name]!), ...held.map(([, tensor]) => tensor)];
  let result: { loss: tf.Scalar; state: FamState } | undefined;
  const surrogate = () => {
    const read = pass.read(index, weights, before ?? pass.start(weights));
    const [loss, state] = [read.loss(), compactState(read.state)];
    result = { loss: tf.keep(tf.clone(loss)), state: keepState(state) };
    const after = stateTensors(state);
    const pulls = Object.entries(upstream).map(([name, gradient]) => tf.sum(tf.mul(after[name]!, gradient)));
    return tf.addN([loss, ...pulls]);
  };
  const others = Object.entries(weights).filter(([name]) => !trainable.includes(name));
  const { value, grads } = withFrozen(
    others.map(([, weight]) => weight),
    () =>
      thriftyGradients(surrogate, leaves, () => (result ? [result.loss, stateTensors(result.state)] : [])),
  );
  value.dispose();
  const named = (names: readonly string[], from: number) =>
    Object.fromEntries(
      names.map((name, i) => [name, grads[from + i]]).filter(([, gradient]) => gradient),
    ) as TensorMap;
  return {
    ...result!,
    gradients: named(trainable, 0),
    states: named(
      held.map(([name]) => name),
      trainable.length,
    ),
  };
}

/** Loss and gradients of a segment and of those after it, with the state after the last; takes both over. */
function sum(own: Gradients, later: Gradients): Gradients {
  disposeState(own.state);
  const gradients = { ...later.gradients };
  for (const [name, gradient] of Object.entries(own.gradients)) {
    gradients[name] = gradients[name] ? added(gradient, gradients[name]) : gradient;
  }
  return { loss: added(own.loss, later.loss), gradients, state: later.state };
}

/** Adds two tensors and disposes of them. */
function added<T extends tf.Tensor>(left: T, right: T): T {
  const both = tf.add<T>(left, right);
  tf.dispose([left, right]);
  return both;
}
