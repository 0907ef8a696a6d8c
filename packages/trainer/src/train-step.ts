/** One step of training: loss and gradients of a batch, an update of the weights, and what the next step starts from. */
import { NonFiniteError, require, tidied } from '@famjs/backends';
import { disposeState, type Gradients, recomputedGradients, type WeightMap } from '@famjs/layer';
import { type ModelConfig, stackOf } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from './batch.ts';
import { recurrenceOf, requireDisturbable, strengthsAt } from './disturbance.ts';
import { handedOn, originsOf, startOf } from './hand-over.ts';
import type { StepPass } from './objective.ts';
import { globalNorm, shapesOf } from './optimizer.ts';
import { valueAt } from './ramp.ts';
import type { TrainingSettings } from './settings.ts';
import { type TrainingState, trainedWeights } from './training-state.ts';

/**
 * What happens to gradients before the update: summed over machines, say. The tensors that it gets stay the loop's; those that
 * it returns, under the same names, become the loop's.
 */
export type Exchange = (gradients: WeightMap) => Promise<WeightMap>;

export interface StepResult {
  loss: number;
  /** By the names that the task gives its scores. */
  scores: Record<string, number>;
  rate: number;
  /** Of the gradients together, before clipping. */
  norm: number;
}

/** A step's update; where nothing had a gradient there is none, and weights and slots stay as they are. */
type Updated = { weights: WeightMap; slots: WeightMap } | undefined;

export async function trainStep(
  config: ModelConfig,
  batch: Batch,
  settings: TrainingSettings,
  state: TrainingState,
  exchange: Exchange | undefined,
): Promise<StepResult> {
  const began = Math.max(0, ...settings.restarts.filter((step) => step <= state.step));
  const rate = valueAt(settings.rate, state.step, began);
  const objective = settings.objective.of(stepOf(config, batch, settings, state));
  let found: Gradients | undefined;
  let gradients: WeightMap = {};
  let norm: tf.Scalar | undefined;
  let updated: Updated;
  try {
    found = recomputedGradients(objective.pass, state.weights, state.trainable);
    gradients = exchange ? await exchange(found.gradients) : found.gradients;
    const computed = tidied(() => update(gradients, settings, state, rate));
    norm = computed.norm;
    updated = computed.updated;
    const numbers = await read(found.loss, norm, objective);
    require(Number.isFinite(numbers.loss) && Number.isFinite(numbers.norm), NonFiniteError, () => ({
      wrong: `The loss of step ${state.step} is ${numbers.loss} and the norm of its gradients ${numbers.norm}.`,
      expected: 'finite numbers; the weights are still those of the step before.',
      remedy:
        'lower the learning rate or the clipping norm, or go on from the last checkpoint with another seed.',
    }));
    const handed = handedOn(config, batch, settings, found.state);
    commit(state, updated, handed);
    return { rate, ...numbers };
  } catch (error) {
    if (found) disposeState(found.state);
    tf.dispose(updated ? [updated.weights, updated.slots] : []);
    throw error;
  } finally {
    objective.dispose();
    tf.dispose([found?.loss ?? [], found?.gradients ?? {}, gradients, norm ?? []]);
  }
}

/** A step as its objective sees it. */
export function stepOf(config: ModelConfig, batch: Batch, settings: TrainingSettings, state: TrainingState) {
  const { blockSize } = config.fam;
  const strengths = strengthsAt(settings.disturbance, state.step);
  requireDisturbable(config.fam, strengths);
  const share = strengths.hold / (Math.max(1, Math.floor(batch.length / blockSize)) * config.layers);
  const start = startOf(config, batch, settings, state, originsOf(config, batch, settings, state));
  return {
    ...{ config, batch, segmentBlocks: settings.segmentBlocks, stopGradient: settings.stopGradient },
    start: (weights: WeightMap) => start(stackOf({ config, weights })),
    recurrence: (block: number, penalise: (loss: tf.Tensor) => void) =>
      recurrenceOf(config.fam, strengths, { seed: state.seed, step: state.step, block }, (change) =>
        penalise(tf.mul(change, share)),
      ),
  };
}

function update(
  gradients: WeightMap,
  { optimizer }: TrainingSettings,
  state: TrainingState,
  rate: number,
): { norm: tf.Scalar; updated: Updated } {
  const norm = globalNorm(gradients);
  if (Object.keys(gradients).length === 0) return { norm, updated: undefined };
  const weights = trainedWeights(state);
  const zeros = () =>
    Object.fromEntries(
      Object.entries(optimizer.init(shapesOf(weights))).map(([name, shape]) => [name, tf.zeros([...shape])]),
    );
  const slots = state.slots ?? zeros();
  return {
    norm,
    updated: optimizer.update({ weights, gradients, slots, norm, step: state.updates, rate }),
  };
}

async function read(loss: tf.Scalar, norm: tf.Scalar, objective: StepPass) {
  const [lossValue, normValue] = [(await loss.data())[0]!, (await norm.data())[0]!];
  return { loss: lossValue, norm: normValue, scores: await objective.scores() };
}

/** Replaces weights and slots by the updated ones; weights that are not trained stay. */
function commit(state: TrainingState, updated: Updated, handed: TrainingState['handed']): void {
  if (updated) {
    tf.dispose([trainedWeights(state), state.slots ?? {}]);
    state.weights = { ...state.weights, ...updated.weights };
    state.slots = updated.slots;
    state.updates++;
  }
  if (state.handed) disposeState(state.handed);
  state.handed = handed;
}
