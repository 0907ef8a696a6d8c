/** Trains what a run file says, from the newest checkpoint of its folder if there is one. */
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { evaluateRun, prepareRun } from '@famjs/tasks';
import { disposeTraining, joined, type TokenSource, train, watchFam } from '@famjs/trainer';
import { openEventFile, openRunFolder } from '@famjs/trainer/node';
import { type LanguageModel, learnedSession } from '@famjs/zoo';
import { saveMemory, saveModelFolder, writeAtomic } from '@famjs/zoo/node';
import * as tf from '@tensorflow/tfjs-core';
import { interruptible } from '../terminal/interrupt.ts';
import { openLive } from '../terminal/live.ts';
import { followTraining } from './follow.ts';
import { modelOfRun, nameOfModel } from './model-of-run.ts';
import { type LoggedStep, type ReportedRun, reporting } from './report.ts';
import { roomFor } from './room.ts';
import type { NamedRun } from './run-place.ts';
import { type TextsOfRun, textsOfRun } from './texts-of-run.ts';

export interface RunOrder {
  run: NamedRun;
  /** Where checkpoints, log and result are kept. */
  folder: string;
  /** Where texts are kept in tokens, for all runs. */
  tokens: string;
  fresh?: boolean | undefined;
  /** Whether the backend was named, so that a checkpoint of another one goes on on it. */
  anyBackend: boolean;
}

/** What of a run is for others, in its folder, by what was trained. */
const results = { lora: 'memory', prompt: 'memory', full: 'model', state: 'memory.session' };

/**
 * @throws ConfigError for a run that cannot be, or another process that trains in the folder
 * @throws CheckpointError when a checkpoint is damaged, or that of another run
 * @throws Interrupted on Ctrl-C, with everything done kept in a checkpoint
 */
export async function trainRun({
  run: named,
  folder,
  tokens,
  fresh = false,
  anyBackend,
}: RunOrder): Promise<void> {
  const { file, name } = named;
  const place = await openRunFolder(folder, { keep: file.save.keep, fresh });
  const live = openLive();
  let model: LanguageModel | undefined;
  let texts: TextsOfRun | undefined;
  try {
    live.say(`${name}: loads ${nameOfModel(file)}`);
    const loaded = await modelOfRun(file);
    model = loaded;
    const { tokenizer, endTokens } = loaded;
    texts = textsOfRun({ folder: named.folder, cache: tokens }, loaded, live);
    const { run, state } = await prepareRun(file, loaded, texts.documentsOf);
    const heldOut: TokenSource[] = [];
    for (const place of file.evaluate?.texts ?? []) heldOut.push(await texts.documentsOf(place, 'fail'));
    const base = await loaded.base();
    const result = path.join(folder, results[file.train]);
    const saveResult = async () => {
      const trained = { config: run.config, weights: state.weights };
      if (file.train === 'full') await saveModelFolder(result, { ...trained, tokenizer, endTokens });
      else if (file.train === 'state')
        await writeAtomic(folder, { [results.state]: await learnedSession(trained, loaded) });
      else await saveMemory(result, trained, base);
    };
    /** What the run has learnt; undefined where Ctrl-C breaks the look off: the steps up to here are still to be kept. */
    const look = async (signal: AbortSignal) => {
      const trained = { config: run.config, weights: state.weights };
      try {
        return await evaluateRun(file.evaluate!, trained, tokenizer, joined(heldOut), signal);
      } catch (error) {
        if (signal.aborted) return undefined;
        throw error;
      }
    };
    const progress = followTraining(name, run.config, run.training.steps);
    try {
      const writer = await place.restore(run, state, { anotherBackend: anyBackend });
      const peak = writer ? 0 : await roomFor(run, state);
      if (!writer) await place.save(run, state);
      const reported = async (): Promise<ReportedRun> => {
        const steps = (await place.log.entries()) as LoggedStep[];
        return { ...{ name, model: nameOfModel(file), settings: file }, ...{ run, state, steps, result } };
      };
      await reporting(path.join(folder, 'report.html'), reported, async () => {
        await interruptible(
          () => `The checkpoint of step ${state.step} is in ${folder}\nThe same command goes on from there.`,
          async (signal) => {
            live.say(writer ? progress.resumes(state.step, folder) : progress.starts(peak));
            const backend = tf.getBackend();
            if (writer && writer !== backend) live.say(progress.moves(writer, backend));
            const events = file.tensorboard
              ? await openEventFile(path.join(folder, 'tensorboard'), state.step + 1)
              : undefined;
            const save = async () => {
              await place.save(run, state);
              await saveResult();
            };
            for await (const event of train(run, state, {
              signal,
              save,
              saveEvery: file.save.everySeconds,
            })) {
              if (event.type === 'step') {
                const { type: _, steps: __, ...entry } = event;
                const watches = file.watchEvery !== undefined && event.step % file.watchEvery === 0;
                const batch = watches && (await run.task.batch(state.step, state.seed));
                const fam = batch && (await watchFam({ config: run.config, weights: state.weights }, batch));
                const evaluates =
                  file.evaluate && (event.step % file.evaluate.every === 0 || event.step === event.steps);
                const evaluated = evaluates && (await look(signal));
                const told = { ...entry, ...(fam && { fam }), ...(evaluated && { evaluated }) };
                await place.log.add(told);
                await events?.write(event.step, told);
                live.show(progress.after(event, fam || undefined), Boolean(fam));
                if (evaluated) {
                  const isBest = await place.saveIfBest(run, state, evaluated.least);
                  live.say(progress.evaluated(event.step, evaluated, isBest));
                }
              }
              await setImmediate(); // Lets Ctrl-C arrive: on some backends nothing else waits for the outside.
            }
          },
        );
        await saveResult();
      });
      live.clear();
      live.say(progress.done(result));
    } finally {
      disposeTraining(state);
    }
  } finally {
    live.end();
    model?.dispose();
    await texts?.close();
    await place.close();
  }
}
