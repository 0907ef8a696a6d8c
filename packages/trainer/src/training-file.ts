/** A training run in one safetensors file: weights, moments, carried states, seed, and the position in the data. */
import { CheckpointError, require } from '@famjs/backends';
import { type FamState, type StatePlace, stateOf, stateTensors } from '@famjs/layer';
import {
  countsOf,
  type ModelConfig,
  packTensors,
  shapesOfState,
  stateCountsSchema,
  unpackTensors,
  weightShapes,
} from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainingState } from './training-state.ts';

/** Everything but tensors, as JSON in the file's metadata. */
interface Notes {
  step: number;
  seed: number;
  task: unknown;
  handed: StatePlace | undefined;
}

const prefixed = (prefix: string, tensors: Readonly<Record<string, tf.Tensor>>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}/${name}`, tensor]));

/** The bytes of a run; the state stays the caller's. */
export function packTraining({
  step,
  weights,
  moments,
  seed,
  task,
  handed,
}: TrainingState): Promise<Uint8Array> {
  const notes: Notes = {
    step,
    seed,
    task,
    handed: handed && countsOf(handed),
  };
  const tensors = {
    ...prefixed('weights', weights),
    ...prefixed('mean', moments.mean),
    ...prefixed('square', moments.square),
    ...prefixed('handed', handed ? stateTensors(handed) : {}),
  };
  return packTensors(tensors, { training: JSON.stringify(notes) });
}

/**
 * The run of `packTraining`, on the current backend and in the caller's hands.
 *
 * @throws CheckpointError when the bytes are damaged or come from a run of another model
 */
export function unpackTraining(
  bytes: Uint8Array,
  config: ModelConfig,
  source = 'the training file',
): TrainingState {
  const { tensors, metadata } = unpackTensors(bytes, source);
  try {
    const notes = readNotes(metadata.training, source);
    const part = (prefix: string) =>
      Object.fromEntries(
        Object.entries(tensors)
          .filter(([name]) => name.startsWith(`${prefix}/`))
          .map(([name, tensor]) => [name.slice(prefix.length + 1), tensor]),
      );
    const [weights, mean, square] = [part('weights'), part('mean'), part('square')];
    requireFit(weights, Object.keys(weightShapes(config)), config, source);
    for (const moments of [mean, square]) requireFit(moments, Object.keys(mean), config, source);
    return {
      step: notes.step,
      seed: notes.seed,
      task: notes.task,
      weights,
      moments: { mean, square },
      handed: notes.handed && handedState(part('handed'), notes.handed, config, source),
    };
  } catch (error) {
    tf.dispose(tensors);
    throw error;
  }
}

function handedState(
  tensors: Readonly<Record<string, tf.Tensor>>,
  handed: unknown,
  config: ModelConfig,
  source: string,
): FamState {
  const place = stateCountsSchema.parse(handed);
  const wanted = shapesOfState(config, place);
  const names = Object.keys({ ...wanted, ...tensors });
  const odd = names.filter((name) => `${tensors[name]?.shape}` !== `${wanted[name]}`);
  require(odd.length === 0, CheckpointError, () => ({
    wrong: `${source} carries a state that does not fit the model in ${odd.join(', ')}.`,
    expected: 'the checkpoint of a run with this configuration.',
    remedy: 'go on with the configuration that the run was started with, or start afresh.',
  }));
  return stateOf(place, config.layers, tensors);
}

function readNotes(text: string | undefined, source: string): Notes {
  let notes: Partial<Notes> | undefined;
  try {
    notes = JSON.parse(text ?? '') as Partial<Notes>;
  } catch {
    // Reported below, like any other text that is not that of a run.
  }
  require(Number.isSafeInteger(notes?.step) && Number.isSafeInteger(notes?.seed), CheckpointError, () => ({
    wrong: `${source} does not say where its run stands.`,
    expected: 'a checkpoint that the trainer has written.',
    remedy: 'pass the checkpoint of a run, or start afresh.',
  }));
  return notes as Notes;
}

/** Exactly the named tensors, each with the shape that the model gives the weight of that name. */
function requireFit(
  tensors: Readonly<Record<string, tf.Tensor>>,
  names: readonly string[],
  config: ModelConfig,
  source: string,
): void {
  const shapes = weightShapes(config);
  const odd = [...new Set([...names, ...Object.keys(tensors)])].filter(
    (name) => !names.includes(name) || `${tensors[name]?.shape}` !== `${shapes[name]}`,
  );
  require(odd.length === 0, CheckpointError, () => ({
    wrong: `${source} does not fit the model in ${odd.join(', ')}.`,
    expected: 'the checkpoint of a run with this configuration.',
    remedy: 'go on with the configuration that the run was started with, or start afresh.',
  }));
}
