/** The folder of a run: its newest checkpoints, the best one, a line of its log for each step, and a lock while it is open. */
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { readBytes, readBytesIfAny, removeDrafts, writeAtomic } from '@famjs/zoo/node';
import { lockFolder } from './lock.ts';
import type { Run } from './run.ts';
import { type StepLog, stepLog } from './step-log.ts';
import { type KeptRun, packTraining, unpackTraining } from './training-file.ts';
import type { TrainingState } from './training-state.ts';

const ending = '.training.safetensors';
const best = `best${ending}`;
const logName = 'log.jsonl';
const checkpoint = (step: number) => `step-${String(step).padStart(9, '0')}${ending}`;

/** The log forgets the steps behind a checkpoint that is restored; the oldest checkpoints go when they are too many. */
export interface RunFolder extends KeptRun {
  /** Keeps the state beside the checkpoints if no state before it was better: if its `loss` is the smallest so far. */
  saveIfBest(run: Run, state: TrainingState, loss: number): Promise<boolean>;
  log: StepLog;
  /** Gives the folder free. */
  close(): Promise<void>;
}

/**
 * Opens the folder of a run, made if need be.
 *
 * @param options `keep`: how many checkpoints are kept; `fresh`: whether those that are there are removed
 * @throws ConfigError while another process trains in it
 * @throws StorageError when it cannot be written to
 */
export async function openRunFolder(
  folder: string,
  { keep = 3, fresh = false }: { keep?: number; fresh?: boolean } = {},
): Promise<RunFolder> {
  const unlock = await lockFolder(folder);
  await removeDrafts(folder).catch(async (error) => {
    await unlock();
    throw error;
  });
  const at = (name: string) => path.join(folder, name);
  const log = stepLog(at(logName));
  const checkpoints = async () =>
    (await readdir(folder)).filter((name) => name.startsWith('step-') && name.endsWith(ending)).sort();
  if (fresh) {
    for (const name of [...(await checkpoints()), best, 'best.json', logName])
      await rm(at(name), { force: true });
  }

  return {
    async restore(run, state, options = {}) {
      const newest = (await checkpoints()).at(-1);
      if (!newest) return undefined;
      const source = at(newest);
      const writer = await unpackTraining(await readBytes(source), run, state, { ...options, source });
      await log.cut(state.step);
      return writer;
    },
    async save(run, state) {
      await writeAtomic(folder, { [checkpoint(state.step)]: await packTraining(run, state) });
      for (const name of (await checkpoints()).slice(0, -keep)) await rm(at(name), { force: true });
    },
    async saveIfBest(run, state, loss) {
      const before = await readBytesIfAny(at('best.json'));
      const least = before && JSON.parse(new TextDecoder().decode(before)).loss;
      if (least !== undefined && loss >= least) return false;
      await writeAtomic(folder, {
        [best]: await packTraining(run, state),
        'best.json': `${JSON.stringify({ step: state.step, loss })}\n`,
      });
      return true;
    },
    log,
    close: unlock,
  };
}
