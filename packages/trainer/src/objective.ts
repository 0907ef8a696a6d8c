/** The objective of training: weighted cross-entropy at the targets of a batch, as a pass over segments of blocks. */
import type { FamState, LayerWeights, RecomputedPass, Recurrence, WeightMap } from '@famjs/layer';
import { tokenCrossEntropy } from '@famjs/ops';
import { joinWeights, logitsOf, type Model, type ModelConfig, readTokens, startState } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import type { Batch, Passage } from './batch.ts';
import { type Disturbance, disturb } from './disturbance.ts';
import { handOver } from './hand-over.ts';
import { seededRandom } from './random.ts';

export interface ObjectiveOptions {
  /** Whole blocks per segment of the recomputed backward: more are faster, and take more memory. */
  segmentBlocks: number;
  /** How FAM is disturbed between blocks. */
  disturbance: Disturbance;
  /** Weight of the mean squared change of FAM from block to block. */
  hold: number;
}

export interface HandedOver {
  state: FamState;
  /** [B] of 0 and 1: the rows that go on from it. */
  carries: tf.Tensor;
}

/** A pass, and what it predicted. */
export interface Objective {
  pass: RecomputedPass;
  /** Share of the scored targets that were predicted right, and of the rows with all of them right. */
  scores(): Promise<{ accuracy: number; exact: number }>;
  /** Frees the predictions. */
  dispose(): void;
}

/** n columns of a passage, with the indices of the targets that lie in them. */
interface Piece {
  passage: Passage;
  from: number;
  n: number;
  targets: number[];
  predicted?: tf.Tensor;
}

/**
 * @param seed fixes the noise, which the recomputation must draw again
 * @param origin absolute position of the first token; undefined for block-relative positions
 */
export function objectiveOf(
  config: ModelConfig,
  batch: Batch,
  options: ObjectiveOptions,
  seed: number,
  handed?: HandedOver,
  origin?: number,
): Objective {
  const { rows, length, probe } = batch;
  const { blockSize, width } = config.layer;
  const segments = cut(batch, options.segmentBlocks * blockSize);
  const probed = probe && cut(probe, probe.length)[0]!;
  const pieces = probed ? [...segments, probed] : segments;
  const totalWeight = pieces
    .flatMap(({ passage, targets }) => targets.map((i) => passage.targets.weights[i]!))
    .reduce((sum, weight) => sum + weight, 0);
  const changeWeight = options.hold / (Math.max(1, Math.floor(length / blockSize)) * config.layers);

  function start(weights: WeightMap): FamState {
    const model = { config, weights };
    const fresh = startState(model, joinWeights(model), rows, origin);
    return handed ? handOver(fresh, handed.state, handed.carries) : fresh;
  }

  function read(index: number, weights: WeightMap, state: FamState) {
    const model = { config, weights };
    const layers = joinWeights(model);
    const changes: tf.Tensor[] = [];
    const recurrence = recurrenceOf(options, seed + index, (change) => changes.push(tf.mul(change, changeWeight)));
    const segment = readPiece(model, layers, segments[index]!, state, recurrence);
    const asked = index === segments.length - 1 && probed ? readPiece(model, layers, probed, segment.state) : undefined;
    const losses = [...changes, ...segment.losses, ...(asked?.losses ?? [])] as tf.Scalar[];
    return { loss: losses.length > 0 ? tf.addN(losses) : tf.scalar(0), state: segment.state };
  }

  function readPiece(model: Model, layers: LayerWeights[], piece: Piece, state: FamState, recurrence: Recurrence = {}) {
    const { passage, from, n, targets } = piece;
    const tokens = tf.tensor2d(columns(passage, rows, from, n), [rows, n], 'int32');
    const result = readTokens(model, layers, tokens, state, { recurrence, origin });
    if (targets.length === 0) return { state: result.state, losses: [] };
    const at = (place: number) => Math.floor(place / passage.length) * n + (place % passage.length) - from;
    const indices = targets.map((i) => at(passage.targets.places[i]!));
    const hidden = tf.reshape(result.hidden(), [rows * n, width]);
    const logits = logitsOf(model, tf.gather(hidden, tf.tensor1d(indices, 'int32')));
    piece.predicted?.dispose();
    piece.predicted = tf.keep(tf.argMax(logits, -1));
    const labels = tf.tensor1d(targets.map((i) => passage.targets.labels[i]!), 'int32');
    const shares = tf.tensor1d(targets.map((i) => passage.targets.weights[i]! / totalWeight));
    return { state: result.state, losses: [tf.sum(tokenCrossEntropy(logits, labels, shares))] };
  }

  return {
    pass: { segments: segments.length, start, read },
    scores: () => scoresOf(pieces),
    dispose: () => pieces.forEach(({ predicted }) => predicted?.dispose()),
  };
}

/** The pieces of a passage, each of `size` columns but the last. */
function cut(passage: Passage, size: number): Piece[] {
  const column = (i: number) => passage.targets.places[i]! % passage.length;
  const all = [...passage.targets.places.keys()];
  return Array.from({ length: Math.ceil(passage.length / size) }, (_, index) => ({
    passage,
    from: index * size,
    n: Math.min(size, passage.length - index * size),
    targets: all.filter((i) => Math.floor(column(i) / size) === index),
  }));
}

/** Columns from … from + n − 1 of every row. */
function columns({ length, tokens }: Passage, rows: number, from: number, n: number): Int32Array {
  const cut = new Int32Array(rows * n);
  for (let b = 0; b < rows; b++) cut.set(tokens.subarray(b * length + from, b * length + from + n), b * n);
  return cut;
}

/** The disturbance between blocks, and the changes that `hold` penalises; no hook is set where its option is 0. */
function recurrenceOf(
  { disturbance, hold }: ObjectiveOptions,
  seed: number,
  penalise: (change: tf.Tensor) => void,
): Recurrence {
  const random = seededRandom(seed);
  const disturbs = disturbance.noise > 0 || disturbance.mix > 0;
  return {
    ...(disturbs && { between: (fam: tf.Tensor) => disturb(fam, disturbance, random) }),
    ...(hold > 0 && {
      observe: (before: tf.Tensor, after: tf.Tensor) => penalise(tf.mean(tf.square(tf.sub(after, before)))),
    }),
  };
}

async function scoresOf(pieces: readonly Piece[]): Promise<{ accuracy: number; exact: number }> {
  let [scored, right] = [0, 0];
  const rowIsRight = new Map<number, boolean>();
  for (const { passage, targets, predicted } of pieces) {
    const tokens = await predicted?.data();
    targets.forEach((i, j) => {
      if (!passage.targets.scored[i]) return;
      const row = Math.floor(passage.targets.places[i]! / passage.length);
      const hit = tokens![j] === passage.targets.labels[i];
      scored++;
      right += Number(hit);
      rowIsRight.set(row, hit && (rowIsRight.get(row) ?? true));
    });
  }
  const exact = [...rowIsRight.values()].filter(Boolean).length;
  return { accuracy: right / Math.max(1, scored), exact: exact / Math.max(1, rowIsRight.size) };
}
