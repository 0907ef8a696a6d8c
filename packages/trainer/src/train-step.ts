/** One step of training: loss and gradients of a batch, an update of the weights, and what the next step starts from. */
import { tidied } from '@famjs/backends';
import { disposeState, type Gradients, joinRows, recomputedGradients, type WeightMap } from '@famjs/layer';
import { type ModelConfig, stackOf } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import { accuracyOf, type Batch, blockedBy } from './batch.ts';
import { recurrenceOf, requireDisturbable, strengthsAt } from './disturbance.ts';
import { handedOn, originsOf, startOf } from './hand-over.ts';
import type { Step, StepPass } from './objective.ts';
import { globalNorm, shapesOf } from './optimizer.ts';
import { type Part, partsOf, requireParts } from './parts.ts';
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
  /** By the names that the task gives its scores; `accuracy` where it gives none: the share of the targets predicted right, by their weights. */
  scores: Record<string, number>;
  rate: number;
  /** Of the gradients together, before clipping. */
  norm: number;
}

/** A step's update; where nothing had a gradient there is none, and weights and slots stay as they are. */
type Updated = { weights: WeightMap; slots: WeightMap } | undefined;

export async function trainStep(
  model: ModelConfig,
  batch: Batch,
  settings: TrainingSettings,
  state: TrainingState,
  exchange: Exchange | undefined,
): Promise<StepResult> {
  const config = blockedBy(model, batch);
  const began = Math.max(0, ...settings.restarts.filter((step) => step <= state.step));
  const rate = valueAt(settings.rate, state.step, began);
  requireParts(batch, settings.rowsAtOnce, strengthsAt(settings.disturbance, state.step));
  const parts = partsOf(batch, settings.rowsAtOnce);
  const passes = parts.map((part) => settings.objective.of(stepOf(config, part, settings, state)));
  let found: Gradients | undefined;
  let gradients: WeightMap = {};
  let norm: tf.Scalar | undefined;
  let updated: Updated;
  try {
    for (const { pass } of passes) {
      const own = recomputedGradients(pass, state.weights, state.trainable);
      found = found ? added(found, own, batch.continues !== undefined) : own;
    }
    gradients = exchange ? await exchange(found!.gradients) : found!.gradients;
    const computed = tidied(() => update(gradients, settings, state, rate));
    norm = computed.norm;
    updated = computed.updated;
    const numbers = { loss: (await found!.loss.data())[0]!, norm: (await norm.data())[0]! };
    if (!Object.values(numbers).every(Number.isFinite)) {
      const { divergenceOf } = await import('./divergence.ts');
      const { weights } = state;
      throw await divergenceOf(state.step, numbers, { config, weights, batch, gradients });
    }
    const { score = accuracyOf(batch.targets) } = batch;
    const scores = score(await predictedBy(passes, parts, batch));
    const handed = handedOn(config, batch, settings, found!.state);
    commit(state, updated, handed);
    return { rate, ...numbers, scores };
  } catch (error) {
    if (found) disposeState(found.state);
    tf.dispose(updated ? [updated.weights, updated.slots] : []);
    throw error;
  } finally {
    for (const pass of passes) pass.dispose();
    tf.dispose([found?.loss ?? [], found?.gradients ?? {}, gradients, norm ?? []]);
  }
}

/**
 * Loss and gradients of parts together; takes both over.
 *
 * @param areLanes whether the states of all rows are handed on, or only that of the first
 */
function added(a: Gradients, b: Gradients, areLanes: boolean): Gradients {
  const rows = [...a.state.rows, ...b.state.rows].map((_, row) => row);
  const state = areLanes ? tidied(() => joinRows([a.state, b.state], rows)) : a.state;
  if (areLanes) disposeState(a.state);
  disposeState(b.state);
  const names = [...new Set([...Object.keys(a.gradients), ...Object.keys(b.gradients)])];
  const sum = tidied(() => ({
    loss: tf.add<tf.Scalar>(a.loss, b.loss),
    gradients: Object.fromEntries(
      names.map((name) => [name, tf.addN([a, b].flatMap(({ gradients }) => gradients[name] ?? []))]),
    ),
  }));
  tf.dispose([a.loss, a.gradients, b.loss, b.gradients]);
  return { ...sum, state };
}

/** The most likely token at each target of the whole batch. */
async function predictedBy(passes: readonly StepPass[], parts: readonly Part[], { targets }: Batch) {
  const predicted = new Int32Array(targets.labels.length);
  for (const [index, pass] of passes.entries()) {
    const own = await pass.predicted();
    parts[index]!.targets.forEach((target, i) => {
      predicted[target] = own[i]!;
    });
  }
  return predicted;
}

/** A step as its objective sees it: of the whole batch, or of a part. */
export function stepOf(
  config: ModelConfig,
  part: Omit<Part, 'targets'>,
  settings: TrainingSettings,
  state: TrainingState,
): Step {
  const { batch, first, whole } = part;
  const { blockSize } = config.fam;
  const strengths = strengthsAt(settings.disturbance, state.step);
  requireDisturbable(config.fam, strengths);
  const blocks = Math.max(1, Math.floor(batch.length / blockSize));
  const share = (strengths.hold / (blocks * config.layers)) * (batch.rows / whole.rows);
  const origins = originsOf(config, batch, settings, state, first);
  const start = startOf(config, part, settings, state, origins);
  return {
    ...{ config, batch, whole, segmentBlocks: settings.segmentBlocks, stopGradient: settings.stopGradient },
    recomputeLayers: settings.recomputeLayers,
    start: (weights) => start(stackOf({ config, weights })),
    recurrence(block, penalise) {
      const reading = { seed: state.seed, step: state.step, block, row: first };
      return recurrenceOf(config.fam, strengths, reading, (change) => penalise(tf.mul(change, share)));
    },
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
