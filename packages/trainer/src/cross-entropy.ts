/** The usual objective: weighted cross-entropy at the targets of a batch. */
import { ConfigError, require } from '@famjs/backends';
import {
  type FamConfig,
  type FamState,
  type Recurrence,
  recomputedCall,
  type SegmentResult,
  type WeightMap,
} from '@famjs/layer';
import { type HeldModel, likeliestTokens, readTokens, stackOf, tokenLosses } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from './batch.ts';
import type { Objective, Step, StepPass } from './objective.ts';

/** n columns of a batch, with the indices of the targets that lie in them. */
interface Segment {
  from: number;
  n: number;
  targets: number[];
  predicted?: tf.Tensor;
}

/** The mean of the targets' cross-entropies in nats, by their weights. Without targets the loss is 0 and has no gradient. */
export const crossEntropy: Objective = { about: { name: 'cross-entropy' }, of: passOf };

function passOf({ config, batch, whole, segmentBlocks, start, recurrence, ...how }: Step): StepPass {
  const { rows, length, targets } = batch;
  const { width } = config;
  const { blockSize } = config.fam;
  const segments = cut(batch, segmentBlocks * blockSize);

  function read(index: number, weights: WeightMap, state: FamState): SegmentResult {
    const model = { config, weights };
    const segment = segments[index]!;
    const losses: tf.Tensor[] = [];
    const disturbed = recurrence(segment.from / blockSize, (loss) => losses.push(loss));
    const tokens = tf.tensor2d(columns(batch, segment), [rows, segment.n], 'int32');
    const { stopGradient } = how;
    if (how.recomputeLayers) requireRecomputable(config.fam, disturbed);
    const recomputeLayers = how.recomputeLayers ? recomputedCall : undefined;
    const options = { recurrence: disturbed, stopGradient, recomputeLayers };
    const result = readTokens(model, stackOf(model), tokens, state, options);
    const loss = () => {
      if (segment.targets.length > 0) losses.push(targetLoss(model, segment, result.hidden()));
      return tf.addN([tf.scalar(0), ...(losses as tf.Scalar[])]);
    };
    return { loss, state: result.state };
  }

  function targetLoss(model: HeldModel, segment: Segment, hidden: tf.Tensor): tf.Tensor {
    const { from, n } = segment;
    const row = (place: number) => Math.floor(place / length) * n + (place % length) - from;
    const of = (numbers: ArrayLike<number>) => segment.targets.map((i) => numbers[i]!);
    const predicting = tf.gather(
      tf.reshape(hidden, [rows * n, width]),
      tf.tensor1d(of(targets.places).map(row), 'int32'),
    );
    segment.predicted?.dispose();
    segment.predicted = tf.keep(likeliestTokens(model, predicting));
    const shares = tf.tensor1d(of(targets.weights).map((weight) => weight / whole.weight));
    return tf.sum(tokenLosses(model, predicting, tf.tensor1d(of(targets.labels), 'int32'), shares));
  }

  return {
    pass: { segments: segments.length, start, read },
    predicted: () => predictedOf(batch, segments),
    dispose: () => tf.dispose(segments.flatMap(({ predicted }) => predicted ?? [])),
  };
}

function requireRecomputable({ variant }: FamConfig, { attend }: Recurrence): void {
  require(variant.carrier === 'attention' && !attend, ConfigError, () => ({
    wrong: `recomputeLayers was asked of ${attend ? 'auxiliary losses' : variant.preset}.`,
    expected: 'a variant of "fam" or "bswa" alone.',
    remedy: 'leave recomputeLayers out.',
  }));
}

/** Columns of a batch in runs of `size`, the last one perhaps shorter. Targets that weigh nothing are left out. */
function cut({ length, targets }: Batch, size: number): Segment[] {
  const segments = Array.from({ length: Math.ceil(length / size) }, (_, index): Segment => {
    return { from: index * size, n: Math.min(size, length - index * size), targets: [] };
  });
  targets.places.forEach((place, i) => {
    if (targets.weights[i]! > 0) segments[Math.floor((place % length) / size)]!.targets.push(i);
  });
  return segments;
}

/** Tokens [B, n] of a segment. */
function columns({ rows, length, tokens }: Batch, { from, n }: Segment): Int32Array {
  const cut = new Int32Array(rows * n);
  for (let b = 0; b < rows; b++) cut.set(tokens.subarray(b * length + from, b * length + from + n), b * n);
  return cut;
}

async function predictedOf({ targets }: Batch, segments: readonly Segment[]): Promise<Int32Array> {
  const predicted = new Int32Array(targets.labels.length).fill(-1);
  for (const segment of segments) {
    const tokens = await segment.predicted?.data();
    segment.targets.forEach((i, j) => {
      predicted[i] = tokens![j]!;
    });
  }
  return predicted;
}
