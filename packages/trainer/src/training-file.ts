/** A training run in one file: trained weights, the optimizer's slots, what is handed on, and what run it is. */
import { CheckpointError, require } from '@famjs/backends';
import { compactState, disposeState, stateOf, stateTensors } from '@famjs/layer';
import {
  countsOf,
  type Expected,
  type ModelConfig,
  openSealed,
  parsed,
  requireTensors,
  sealTensors,
  shapesOfState,
  stateCountsSchema,
  uploadValues,
} from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import * as z from 'zod';
import { type Shapes, shapesOf } from './optimizer.ts';
import { aboutRun, differences, type Run, until } from './run.ts';
import { settingsOf } from './settings.ts';
import { type TrainingState, trainedWeights } from './training-state.ts';

const count = z.int().min(0);
const notesSchema = z.strictObject({
  version: z.literal(1),
  run: z.record(z.string(), z.unknown()),
  backend: z.string().min(1).max(100),
  step: count,
  updates: count,
  /** Whether the optimizer has begun. */
  slots: z.boolean(),
  handed: stateCountsSchema.nullable(),
});
type Notes = z.output<typeof notesSchema>;

const kind = 'training';
const expected = 'a checkpoint that the trainer has written, unchanged.';
const afresh = 'go on with what the run was started with, or start afresh.';

const prefixed = <Value>(prefix: string, named: Readonly<Record<string, Value>>) =>
  Object.fromEntries(Object.entries(named).map(([name, value]) => [`${prefix}/${name}`, value]));

/** The bytes of a run; the state stays the caller's. */
export async function packTraining(run: Run, state: TrainingState): Promise<Uint8Array> {
  const { step, updates, slots } = state;
  const handed = state.handed && compactState(state.handed);
  const notes: Notes = {
    version: 1,
    run: { ...(await aboutRun(run, state)) },
    backend: tf.getBackend(),
    ...{ step, updates, slots: slots !== undefined },
    handed: handed ? { ...countsOf(handed), rows: [...handed.rows] } : null,
  };
  try {
    return await sealTensors(kind, notes, {
      ...prefixed('weights', trainedWeights(state)),
      ...prefixed('slots', slots ?? {}),
      ...prefixed('handed', handed ? stateTensors(handed) : {}),
    });
  } finally {
    if (handed) disposeState(handed);
  }
}

export interface RestoreOptions {
  /** Goes on although the checkpoint comes from another backend, whose numbers differ in the last bits. */
  anotherBackend?: boolean | undefined;
  /** What errors call the file. */
  source?: string;
}

/** Where a run's checkpoint is kept. */
export interface KeptRun {
  /**
   * Puts a fresh state where the newest checkpoint stands.
   *
   * @returns the backend that wrote it, or undefined where there is none
   * @throws CheckpointError as `unpackTraining` does
   */
  restore(
    run: Run,
    state: TrainingState,
    options?: Omit<RestoreOptions, 'source'>,
  ): Promise<string | undefined>;
  /**
   * Writes a checkpoint, whole or not at all.
   *
   * @throws StorageError when there is no room for it; the one before is then intact
   */
  save(run: Run, state: TrainingState): Promise<void>;
}

/**
 * Puts a fresh state where the run of `packTraining` stood. Its weights that are not trained stay; the others it gives up.
 *
 * @param state as `freshTraining` begins it, with the weights, the seed and the trained names of the run
 * @returns the backend that wrote the checkpoint
 * @throws CheckpointError when the bytes are damaged, or come from a run of another model, data, seed, objective, optimizer
 *   or backend, which is said in words; the state is then as it was
 */
export async function unpackTraining(
  bytes: Uint8Array,
  run: Run,
  state: TrainingState,
  { anotherBackend = false, source = 'the training file' }: RestoreOptions = {},
): Promise<string> {
  const { notes: content, values } = await openSealed(bytes, kind, source);
  const notes = parsed(notesSchema, content, source, CheckpointError, expected, afresh);
  // Compared as JSON, which drops what is undefined.
  const now = JSON.parse(JSON.stringify(await aboutRun(run, state)));
  const different = differences(until(notes.step, notes.run), until(notes.step, now));
  require(different.length === 0, CheckpointError, () => ({
    wrong: `${source} is of another run: ${different.join('; ')}.`,
    expected:
      'the same model, data, seed, objective and optimizer; only what has not begun, saving and logging may change.',
    remedy: afresh,
  }));
  const backend = tf.getBackend();
  require(anotherBackend || notes.backend === backend, CheckpointError, () => ({
    wrong: `${source} was written on ${notes.backend}, and this is ${backend}.`,
    expected: 'the same backend, on which a run goes on to the bit.',
    remedy: `choose --backend ${notes.backend}, or --backend ${backend} to go on here all the same.`,
  }));
  requireTensors(values, expectedTensors(run, state, notes), source);
  take(state, notes, uploadValues(values), run.config);
  return notes.backend;
}

function expectedTensors(
  { config, training }: Run,
  state: TrainingState,
  { slots, handed }: Notes,
): Record<string, Expected> {
  const trained = shapesOf(trainedWeights(state));
  const named: Shapes = {
    ...prefixed('weights', trained),
    ...prefixed('slots', slots ? settingsOf(training).optimizer.init(trained) : {}),
    ...prefixed('handed', handed ? shapesOfState(config, handed) : {}),
  };
  return Object.fromEntries(Object.entries(named).map(([name, shape]) => [name, { shape }]));
}

/** Replaces what is in the state by the tensors of a checkpoint, which it takes over. */
function take(
  state: TrainingState,
  { step, updates, slots, handed }: Notes,
  tensors: Readonly<Record<string, tf.Tensor>>,
  { layers }: ModelConfig,
): void {
  const part = (prefix: string) =>
    Object.fromEntries(
      Object.entries(tensors)
        .filter(([name]) => name.startsWith(`${prefix}/`))
        .map(([name, tensor]) => [name.slice(prefix.length + 1), tensor]),
    );
  tf.dispose([trainedWeights(state), state.slots ?? {}]);
  if (state.handed) disposeState(state.handed);
  Object.assign(state, { step, updates });
  state.weights = { ...state.weights, ...part('weights') };
  state.slots = slots ? part('slots') : undefined;
  state.handed = handed ? stateOf(handed, layers, part('handed')) : undefined;
}
