/** The objective of training: weighted cross-entropy at the targets of a batch, as a pass over segments of blocks. */
import {
  type FamState,
  type RecomputedPass,
  type SegmentResult,
  type Stack,
  startState,
  type WeightMap,
} from '@famjs/layer';
import { tokenCrossEntropy } from '@famjs/ops';
import { logitsOf, type Model, type ModelConfig, readTokens, stackOf } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from './batch.ts';
import { type Disturbance, recurrenceOf } from './disturbance.ts';

export interface ObjectiveOptions {
  /** Whole blocks per segment of the recomputed backward: more are faster, and take more memory. */
  segmentBlocks: number;
  /** How FAM is disturbed between blocks. */
  disturbance: Disturbance;
  /** Weight of the mean squared change of FAM from block to block, from before its disturbance to after its update. */
  hold: number;
}

/** The state that a step starts from, made of what the one before handed on. */
export type HandedOver = (stack: Stack) => FamState;

/** A pass, and what it predicted. */
export interface Objective {
  pass: RecomputedPass;
  /** Share of the scored targets that were predicted right, and of the rows with all of them right. */
  scores(): Promise<{ accuracy: number; exact: number }>;
  /** Frees the predictions. */
  dispose(): void;
}

/** n columns of a batch, with the indices of the targets that lie in them. */
interface Segment {
  from: number;
  n: number;
  targets: number[];
  predicted?: tf.Tensor;
}

/**
 * @param run seed and step, which name the noise
 * @param origin absolute position of the first token
 */
export function objectiveOf(
  config: ModelConfig,
  batch: Batch,
  options: ObjectiveOptions,
  run: { seed: number; step: number },
  handed?: HandedOver,
  origin = 0,
): Objective {
  const { rows, length, targets } = batch;
  const { width, fam } = config;
  const { blockSize } = fam;
  const segments = cut(batch, options.segmentBlocks * blockSize);
  const totalWeight = targets.weights.reduce((sum, weight) => sum + weight, 0);
  const changeWeight = options.hold / (Math.max(1, Math.floor(length / blockSize)) * config.layers);

  function start(weights: WeightMap): FamState {
    const stack = stackOf({ config, weights });
    return handed ? handed(stack) : startState(stack, Array<number>(rows).fill(origin));
  }

  function read(index: number, weights: WeightMap, state: FamState): SegmentResult {
    const model = { config, weights };
    const segment = segments[index]!;
    const losses: tf.Tensor[] = [];
    const recurrence = recurrenceOf(options, { ...run, block: segment.from / blockSize }, (change) =>
      losses.push(tf.mul(change, changeWeight)),
    );
    const tokens = tf.tensor2d(columns(batch, segment), [rows, segment.n], 'int32');
    const result = readTokens(model, stackOf(model), tokens, state, { recurrence });
    const loss = () => {
      if (segment.targets.length > 0) losses.push(targetLoss(model, segment, result.hidden()));
      return losses.length > 0 ? tf.addN(losses as tf.Scalar[]) : tf.scalar(0);
    };
    return { loss, state: result.state };
  }

  function targetLoss(model: Model, segment: Segment, hidden: tf.Tensor): tf.Tensor {
    const { from, n } = segment;
    const row = (place: number) => Math.floor(place / length) * n + (place % length) - from;
    const of = (numbers: ArrayLike<number>) => segment.targets.map((i) => numbers[i]!);
    const predicting = tf.gather(
      tf.reshape(hidden, [rows * n, width]),
      tf.tensor1d(of(targets.places).map(row), 'int32'),
    );
    const logits = logitsOf(model, predicting);
    segment.predicted?.dispose();
    segment.predicted = tf.keep(tf.argMax(logits, -1));
    const shares = tf.tensor1d(of(targets.weights).map((weight) => weight / totalWeight));
    return tf.sum(tokenCrossEntropy(logits, tf.tensor1d(of(targets.labels), 'int32'), shares));
  }

  return {
    pass: { segments: segments.length, start, read },
    scores: () => scoresOf(batch, segments),
    dispose() {
      for (const { predicted } of segments) predicted?.dispose();
    },
  };
}

/** Segments of `size` columns, the last of what is left. */
function cut({ length, targets }: Batch, size: number): Segment[] {
  const segmentOf = (i: number) => Math.floor((targets.places[i]! % length) / size);
  const all = [...targets.places.keys()];
  return Array.from({ length: Math.ceil(length / size) }, (_, index) => ({
    from: index * size,
    n: Math.min(size, length - index * size),
    targets: all.filter((i) => segmentOf(i) === index),
  }));
}

/** Tokens [B, n] of a segment. */
function columns({ rows, length, tokens }: Batch, { from, n }: Segment): Int32Array {
  const cut = new Int32Array(rows * n);
  for (let b = 0; b < rows; b++) cut.set(tokens.subarray(b * length + from, b * length + from + n), b * n);
  return cut;
}

async function scoresOf(
  { length, targets }: Batch,
  segments: readonly Segment[],
): Promise<{ accuracy: number; exact: number }> {
  let [scored, right] = [0, 0];
  const rowIsRight = new Map<number, boolean>();
  for (const segment of segments) {
    const tokens = await segment.predicted?.data();
    segment.targets.forEach((i, j) => {
      if (!targets.scored[i]) return;
      const row = Math.floor(targets.places[i]! / length);
      const hit = tokens![j] === targets.labels[i];
      scored++;
      right += Number(hit);
      rowIsRight.set(row, hit && (rowIsRight.get(row) ?? true));
    });
  }
  const exact = [...rowIsRight.values()].filter(Boolean).length;
  return { accuracy: right / Math.max(1, scored), exact: exact / Math.max(1, rowIsRight.size) };
}
