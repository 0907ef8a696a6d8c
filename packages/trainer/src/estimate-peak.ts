/** How much memory a run will take, told before it starts: by a step that is rehearsed and leaves nothing behind. */
import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from './batch.ts';
import { strengthsAt } from './disturbance.ts';
import { clonedTraining, metered } from './metered.ts';
import { shapesOf } from './optimizer.ts';
import { requireParts, rowsOf } from './parts.ts';
import type { Run } from './run.ts';
import { settingsOf, type TrainingSettings } from './settings.ts';
import { trainStep } from './train-step.ts';
import { disposeTraining, type TrainingState, trainedWeights } from './training-state.ts';

/** Batches that are looked at to find the largest, at most. */
const looked = 256;

/**
 * The batch, of those at steps all over the run, that takes the most: rows and tokens whose activations are held at once.
 *
 * @throws ConfigError when fewer rows at once are asked for where they meet
 */
export async function largestBatch({ config, task, training }: Run, seed: number): Promise<Batch> {
  const { steps, segmentBlocks, rowsAtOnce, disturbance } = settingsOf(training);
  const count = Math.min(looked, steps);
  const sizeOf = ({ rows, length, blockSize = config.fam.blockSize, targets }: Batch) => {
    const atOnce = Math.min(rows, rowsAtOnce) * Math.min(length, segmentBlocks * blockSize);
    return [atOnce, (targets.labels.length / rows) * Math.min(rows, rowsAtOnce), rows * length];
  };
  const soundBatch = async (step: number) => {
    const batch = await task.batch(step, seed);
    requireParts(batch, rowsAtOnce, strengthsAt(disturbance, step));
    return batch;
  };
  let largest = await soundBatch(0);
  for (let i = 1; i < count; i++) {
    const batch = await soundBatch(Math.floor((i * steps) / count));
    const [size, before] = [sizeOf(batch), sizeOf(largest)];
    const differs = size.findIndex((value, part) => value !== before[part]);
    if (differs >= 0 && size[differs]! > before[differs]!) largest = batch;
  }
  return largest;
}

/**
 * The most bytes of tensors at once in a step on `batch`, each buffer counted once: of such a step that is made and taken back, and
 * where that would come near to the room there is, as steps on fewer of its rows make it likely.
 *
 * @param state of the run before its first step; unchanged
 * @param room bytes that may be taken
 */
export async function estimatePeak(
  run: Run,
  state: TrainingState,
  batch: Batch,
  room = Number.POSITIVE_INFINITY,
): Promise<number> {
  const settings = settingsOf(run.training);
  const all = Math.min(batch.rows, settings.rowsAtOnce);
  const peakOf = (rows: number) =>
    rehearsedPeak(run, state, firstRows(batch, all < batch.rows ? 2 * rows : rows), {
      ...settings,
      rowsAtOnce: rows,
    });
  let [rows, peak, slope] = [1, await peakOf(1), Number.POSITIVE_INFINITY];
  const withRows = (count: number) => peak + (count - rows) * slope;
  /** As many rows more as will fit; undefined where all of them will not. */
  const next = () => {
    if (rows > 1 && caution * withRows(all) < room) return all;
    if (rows < 4) return Math.min(all, 2 * rows);
    if (withRows(all) > caution * room) return undefined;
    const [double, more] = [2, 1.25].map((times) => Math.min(all, Math.ceil(times * rows))) as [
      number,
      number,
    ];
    if (caution * withRows(double) < room) return double;
    return withRows(more) <= room ? more : undefined;
  };
  while (rows < all) {
    const more = next();
    if (more === undefined) return withRows(all);
    const larger = await peakOf(more);
    slope = (larger - peak) / (more - rows);
    [rows, peak] = [more, larger];
  }
  return peak;
}

/** What a step may take more than steps on fewer rows let expect. */
const caution = 1.5;

function firstRows(batch: Batch, rows: number): Batch {
  const few = rowsOf(batch, 0, rows).batch;
  return { ...few, ...(batch.score && { score: () => ({}) }) };
}

/** The most bytes at once in a step as if others had gone before. */
async function rehearsedPeak(
  { config }: Run,
  given: TrainingState,
  batch: Batch,
  settings: TrainingSettings,
): Promise<number> {
  const state = clonedTraining(given);
  try {
    const slots = Object.entries(settings.optimizer.init(shapesOf(trainedWeights(state))));
    state.slots ??= Object.fromEntries(slots.map(([name, shape]) => [name, tf.zeros([...shape])]));
    const handsOn = batch.continues || settings.randomStatePassing > 0;
    if (handsOn) await trainStep(config, batch, settings, state, undefined);
    return (await metered(state, () => trainStep(config, batch, settings, state, undefined))).peakBytes;
  } finally {
    disposeTraining(state);
  }
}
