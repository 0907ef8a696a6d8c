/** Trains one of the models of the PassKey test, from its last checkpoint if there is one, into a model folder. */
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type PassKeyRecipeName, passKeyRecipe, passKeyTokenizerJson } from '@famjs/tasks';
import { disposeTraining, freshTraining, type TrainingState, train } from '@famjs/trainer';
import { loadTraining, saveTraining } from '@famjs/trainer/node';
import { loadTokenizer } from '@famjs/zoo';
import { saveModelFolder } from '@famjs/zoo/node';
import { interruptible } from '../terminal/interrupt.ts';
import { openLive } from '../terminal/live.ts';
import { requireWritable } from '../writable.ts';
import { followTraining } from './follow.ts';

export interface TrainingOrder {
  name: PassKeyRecipeName;
  seed: number;
  /** Where the checkpoint is kept; see `runFolder`. */
  run: string;
  /** Where the trained model goes. */
  folder: string;
  /** Starts over although there is a checkpoint. */
  fresh?: boolean | undefined;
}

/** The folder of a run's checkpoints and models: one for each backend and seed, for those decide the result. */
export function runFolder(backend: string, seed: number): string {
  return path.join('runs', `passkey-${backend}-seed${seed}`);
}

/**
 * @throws StorageError, before anything is computed, when the checkpoint or the model cannot be written
 * @throws Interrupted on Ctrl-C, with everything done kept in the checkpoint
 */
export async function trainModel({ name, seed, run, folder, fresh }: TrainingOrder): Promise<void> {
  const tokenizer = loadTokenizer(passKeyTokenizerJson());
  const { config, task, training, initialWeights } = passKeyRecipe(name, tokenizer);
  const checkpoint = path.join(run, `${name}.training.safetensors`);
  const save = (state: TrainingState) => saveTraining(checkpoint, state);
  const found = fresh ? undefined : await loadTraining(checkpoint, config);
  const state = found ?? beginTraining(initialWeights(seed), seed);
  const live = openLive();
  const progress = followTraining(name, config, training.steps);
  try {
    await requireWritable(folder);
    if (!found) await save(state);
    await interruptible(
      () => `The checkpoint of step ${state.step} is in ${checkpoint}\nThe same command goes on from there.`,
      async (signal) => {
        live.say(found ? progress.resumes(state.step, checkpoint) : progress.starts());
        for await (const event of train(config, task, training, state, { signal, save })) {
          if (event.type === 'step') live.show(progress.after(event));
          await setImmediate(); // Lets Ctrl-C arrive: on some backends nothing else waits for the outside.
        }
      },
    );
    await saveModelFolder(folder, { config, weights: state.weights, tokenizer });
    live.clear();
    live.say(progress.done(folder));
  } finally {
    live.end();
    disposeTraining(state);
  }
}

function beginTraining(weights: TrainingState['weights'], seed: number): TrainingState {
  return freshTraining(weights, Object.keys(weights), seed);
}
