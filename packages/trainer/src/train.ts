/** The training loop: batches in, weights changed, everything that happens told as a stream of events. */
import { ConfigError, NonFiniteError, onDevice, require, tidied } from '@famjs/backends';
import {
  continuedState,
  disposeState,
  type FamState,
  forkState,
  keepState,
  passedState,
  receivedState,
  recomputedGradients,
  type WeightMap,
} from '@famjs/layer';
import { type ModelConfig, requireTokens, stream } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import { type AdamWConfig, adamW, type Moments, zeroMoments } from './adamw.ts';
import type { Batch, Task } from './batch.ts';
import { type HandedOver, type ObjectiveOptions, objectiveOf } from './objective.ts';
import { type Schedule, valueAt } from './schedule.ts';
import type { TrainingState } from './training-state.ts';

export interface TrainingConfig extends Omit<ObjectiveOptions, 'disturbance' | 'hold'> {
  steps: number;
  /** Learning rate; its warm-up comes again with each restart. */
  rate: Schedule;
  /** Strengths of the disturbances of FAM between blocks. */
  noise: Schedule;
  mix: Schedule;
  /** Weight of the loss that FAM has when it does not come back from them. */
  hold: Schedule;
  optimizer: AdamWConfig;
  /** Steps at which the optimizer begins anew, without the moments of before, for a rate that rises again. */
  restarts: readonly number[];
  /** Probability that a step starts from the FAM of the first row of the step before (random state passing). */
  randomStatePassing: number;
  /** Absolute positions start at random below this, as in the paper; 0 keeps positions relative to the block. */
  randomPositionOffset: number;
}

export type TrainingEvent =
  | ({
      type: 'step';
      step: number;
      steps: number;
      rate: number;
      norm: number;
      seconds: number;
      tokens: number;
    } & Scores)
  | { type: 'saved'; step: number };

interface Scores {
  loss: number;
  /** Share of the scored targets that were predicted right. */
  accuracy: number;
  /** Share of the rows with all their scored targets right. */
  exact: number;
}

export interface TrainingOptions {
  /** Stops between two steps, after saving. */
  signal?: AbortSignal;
  /** Writes a checkpoint of the state, which stays the loop's. */
  save?: (state: TrainingState) => Promise<void>;
  /** Seconds between checkpoints; 20 unless given. */
  saveEvery?: number;
}

/**
 * Trains from `state`, which the loop owns and changes in place: after the last event, or after an abort, it holds the
 * result. Equal states on the same backend give equal results, however often a run was interrupted.
 *
 * @throws DeviceLostError when the GPU went away, and with it the state: unpack the last checkpoint after `setBackend()`
 * @throws NonFiniteError when the loss is not finite; the state is then that of the last good step
 * @throws DOMException `AbortError` when the signal fires; the state is then saved and whole
 */
export async function* train(
  config: ModelConfig,
  task: Task,
  training: TrainingConfig,
  state: TrainingState,
  { signal, save, saveEvery = 20 }: TrainingOptions = {},
): AsyncGenerator<TrainingEvent> {
  if (state.task !== undefined) task.restore(state.task);
  let savedAt = performance.now();

  while (state.step < training.steps) {
    if (signal?.aborted) {
      await save?.(state);
      signal.throwIfAborted();
    }
    const began = performance.now();
    if (training.restarts.includes(state.step)) beginMomentsAnew(state);
    const batch = task.batch(state.step, state.seed);
    requireTokens(batch.tokens, config);
    const done = await onDevice(() => trainStep(config, batch, training, state));
    state.task = task.save();
    state.step++;
    const now = performance.now();
    yield {
      type: 'step',
      step: state.step,
      steps: training.steps,
      seconds: (now - began) / 1000,
      tokens: batch.tokens.length,
      ...done,
    };
    if (save && (now - savedAt > saveEvery * 1000 || state.step === training.steps)) {
      await save(state);
      savedAt = performance.now();
      yield { type: 'saved', step: state.step };
    }
  }
}

async function trainStep(
  config: ModelConfig,
  batch: Batch,
  training: TrainingConfig,
  state: TrainingState,
): Promise<Scores & { rate: number; norm: number }> {
  const began = Math.max(0, ...training.restarts.filter((step) => step <= state.step));
  const rate = valueAt(training.rate, state.step, began);
  const disturbance = { noise: valueAt(training.noise, state.step), mix: valueAt(training.mix, state.step) };
  // In one order however the state came about, for sums of floats depend on it.
  const trainable = Object.keys(state.moments.mean).sort();
  const origin = offsetOf(training, state);
  const handed = handedOver(config, batch, training, state, origin);
  const objective = objectiveOf(
    config,
    batch,
    { segmentBlocks: training.segmentBlocks, disturbance, hold: valueAt(training.hold, state.step) },
    state,
    handed,
    origin,
  );
  try {
    const found = recomputedGradients(objective.pass, state.weights, trainable);
    const updated = tidied(() =>
      adamW(state.weights, found.gradients, state.moments, state.step - began, rate, training.optimizer),
    );
    const { loss, norm, ...scores } = await read(found, updated, objective);

    const finite = Number.isFinite(loss) && Number.isFinite(norm);
    if (finite) commit(state, updated);
    else tf.dispose([updated.weights, updated.moments.mean, updated.moments.square]);
    if (finite && handsOn(batch, training)) state.handed = handedOn(config, batch, found.state);
    disposeState(found.state);
    require(finite, NonFiniteError, () => ({
      wrong: `The loss of step ${state.step} is ${loss} and the norm of its gradients ${norm}.`,
      expected: 'finite numbers; the weights are still those of the step before.',
      remedy:
        'lower the learning rate or the clipping norm, or go on from the last checkpoint with another seed.',
    }));
    return { rate, norm, loss, ...scores };
  } finally {
    objective.dispose();
  }
}

/** What the step found, in numbers. Frees what served to find it, and everything if it cannot be read. */
async function read(
  found: ReturnType<typeof recomputedGradients>,
  updated: ReturnType<typeof adamW>,
  objective: ReturnType<typeof objectiveOf>,
): Promise<Scores & { norm: number }> {
  try {
    const [loss, norm] = [(await found.loss.data())[0]!, (await updated.norm.data())[0]!];
    return { loss, norm, ...(await objective.scores()) };
  } catch (error) {
    tf.dispose([updated.weights, updated.moments.mean, updated.moments.square]);
    disposeState(found.state);
    throw error;
  } finally {
    tf.dispose([found.loss, found.gradients, updated.norm]);
  }
}

function beginMomentsAnew(state: TrainingState): void {
  const before = state.moments;
  state.moments = zeroMoments(state.weights, Object.keys(before.mean));
  tf.dispose([before.mean, before.square]);
}

/** Replaces weights and moments by the updated ones; weights that are not trained stay. */
function commit(state: TrainingState, updated: { weights: WeightMap; moments: Moments }): void {
  for (const name of Object.keys(updated.weights)) state.weights[name]!.dispose();
  tf.dispose([state.moments.mean, state.moments.square]);
  state.weights = { ...state.weights, ...updated.weights };
  state.moments = updated.moments;
  if (state.handed) disposeState(state.handed);
  state.handed = undefined;
}

const offsetOf = ({ randomPositionOffset: limit }: TrainingConfig, { seed, step }: TrainingState) =>
  limit > 0 ? stream(seed, 'position offset', step).below(limit) : 0;

const handsOn = (batch: Batch, { randomStatePassing }: TrainingConfig) =>
  batch.continues !== undefined || randomStatePassing > 0;

/** Lanes hand on all they have, random state passing what the first row passes between blocks. */
const handedOn = ({ fam }: ModelConfig, { continues }: Batch, state: FamState) =>
  tidied(() => keepState(continues ? forkState(state) : passedState(fam, state)));

/** What this step starts from beside the prompt: the lanes that go on, or, by chance, the first row's FAM. */
function handedOver(
  { fam }: ModelConfig,
  { rows, length, continues }: Batch,
  { randomStatePassing }: TrainingConfig,
  { handed, seed, step }: TrainingState,
  origin: number,
): HandedOver | undefined {
  const origins = Array<number>(rows).fill(origin);
  if (continues) {
    const before = handed?.rows.length ?? rows;
    require(length % fam.blockSize === 0 &&
      continues.length === rows &&
      before === rows, ConfigError, () => ({
      wrong: `Stateful lanes got ${rows} rows of ${length} tokens after ${before} rows, with ${continues.length} marks.`,
      expected: `as many rows as in the step before, of whole blocks of ${fam.blockSize} tokens, each with a mark.`,
      remedy: 'keep the shape of the batches from step to step.',
    }));
    return handed && ((stack) => continuedState(stack, handed, continues, origins));
  }
  if (!handed || stream(seed, 'state passing', step).uniform() >= randomStatePassing) return undefined;
  return (stack) => receivedState(stack, handed, origins);
}
