/** Trains one of the models of the PassKey test, from its last checkpoint if there is one, into a model folder. */
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type PassKeyRecipeName, passKeyRecipe, passKeyTokenizerJson } from '@famjs/tasks';
import { aboutRun, disposeTraining, freshTraining, type TrainingState, train } from '@famjs/trainer';
import { loadTraining, lockFolder, saveTraining, stepLog } from '@famjs/trainer/node';
import { loadTokenizer } from '@famjs/zoo';
import { saveModelFolder } from '@famjs/zoo/node';
import * as tf from '@tensorflow/tfjs-core';
import { interruptible } from '../terminal/interrupt.ts';
import { openLive } from '../terminal/live.ts';
import { requireWritable } from '../writable.ts';
import { followTraining } from './follow.ts';
import { type LoggedStep, type ReportedRun, reporting } from './report.ts';
import { roomFor } from './room.ts';

export interface TrainingOrder {
  name: PassKeyRecipeName;
  seed: number;
  /** Where checkpoint, log and page are kept; see `runFolder`. */
  run: string;
  /** Where the trained model goes. */
  folder: string;
  /** Starts over although there is a checkpoint. */
  fresh?: boolean | undefined;
  /** Whether the backend was named, so that a checkpoint of another one goes on on it. */
  anyBackend: boolean;
}

/** The folder of a seed's checkpoints and models. */
export function runFolder(seed: number): string {
  return path.join('runs', `passkey-seed${seed}`);
}

/**
 * @throws ConfigError while another process trains it there
 * @throws StorageError, before anything is computed, when the checkpoint or the model cannot be written
 * @throws CheckpointError when the checkpoint is damaged, or that of another run
 * @throws Interrupted on Ctrl-C, with everything done kept in the checkpoint
 */
export async function trainModel(order: TrainingOrder): Promise<void> {
  const { name, seed, run: runs, folder, fresh, anyBackend } = order;
  const tokenizer = loadTokenizer(passKeyTokenizerJson());
  const { initialWeights, ...run } = passKeyRecipe(name, tokenizer);
  const { config, training } = run;
  await requireWritable(folder);
  const unlock = await lockFolder(runs, `${name}.lock`);
  const checkpoint = path.join(runs, `${name}.training.safetensors`);
  const log = stepLog(path.join(runs, `${name}.log.jsonl`));
  const state = freshTraining(initialWeights(seed), seed);
  const save = (state: TrainingState) => saveTraining(checkpoint, run, state);
  const live = openLive();
  const progress = followTraining(name, config, training.steps);
  try {
    const options = { anotherBackend: anyBackend };
    const writer = fresh ? undefined : await loadTraining(checkpoint, run, state, options);
    const peak = writer ? 0 : await roomFor(run, state);
    if (!writer) await save(state);
    await log.cut(state.step);
    const reported = async (): Promise<ReportedRun> => ({
      ...{ name, model: 'none: from scratch', run, state, result: folder },
      settings: await aboutRun(run, state),
      steps: (await log.entries()) as LoggedStep[],
    });
    await reporting(path.join(runs, `${name}.html`), reported, async () => {
      await interruptible(
        () =>
          `The checkpoint of step ${state.step} is in ${checkpoint}\nThe same command goes on from there.`,
        async (signal) => {
          live.say(writer ? progress.resumes(state.step, checkpoint) : progress.starts(peak));
          const backend = tf.getBackend();
          if (writer && writer !== backend) live.say(progress.moves(writer, backend));
          for await (const event of train(run, state, { signal, save })) {
            if (event.type === 'step') {
              const { type: _, steps: __, ...entry } = event;
              await log.add(entry);
              live.show(progress.after(event));
            }
            await setImmediate(); // Lets Ctrl-C arrive: on some backends nothing else waits for the outside.
          }
        },
      );
      await saveModelFolder(folder, { config, weights: state.weights, tokenizer });
    });
    live.clear();
    live.say(progress.done(folder));
  } finally {
    live.end();
    disposeTraining(state);
    await unlock();
  }
}
