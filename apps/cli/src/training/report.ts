/** The page of a run, beside its checkpoints: also where it ended early. */
import path from 'node:path';
import { describeBackend } from '@famjs/backends';
import { type Run, type TrainingState, trainedWeights } from '@famjs/trainer';
import { writeAtomic } from '@famjs/zoo/node';
import { titleOf } from '../passkey/contestant.ts';
import { describeMachine } from '../report/machine.ts';
import type { LoggedStep, TrainingReport } from '../report/training-page.ts';
import { famjsVersion } from '../versions.ts';

export type { LoggedStep };

export interface ReportedRun
  extends Pick<TrainingReport, 'name' | 'model' | 'settings' | 'steps' | 'result'> {
  run: Run;
  state: TrainingState;
}

/**
 * Does work, and writes the page of what it came to, also where it ends early: by Ctrl-C, or because it diverged. A run that has
 * made no step has none.
 *
 * @param file where the page goes
 * @throws StorageError when it cannot be written; what `work` throws
 */
export async function reporting(
  file: string,
  reported: () => Promise<ReportedRun>,
  work: () => Promise<void>,
): Promise<void> {
  const write = async (ending?: string) => {
    const run = await reported();
    if (run.steps.length > 0) await writePage(file, { ...run, ending });
  };
  try {
    await work();
  } catch (error) {
    // Why the work ended is what is to be told, rather than that its page could not be written.
    await write((error as Error).message).catch(() => {});
    throw error;
  }
  await write();
}

async function writePage(
  file: string,
  { run, state, ...report }: ReportedRun & Pick<TrainingReport, 'ending'>,
): Promise<void> {
  // Charts need a DOM, which is heavy.
  const { trainingPage } = await import('../report/training-page.ts');
  const { name, version } = describeBackend();
  const count = (named: TrainingState['weights']) =>
    Object.values(named).reduce((sum, { size }) => sum + size, 0);
  const page = trainingPage({
    ...report,
    all: run.training.steps,
    title: titleOf(run.config),
    weights: count(state.weights),
    trained: count(trainedWeights(state)),
    command: `famjs ${process.argv.slice(2).join(' ')}`,
    backend: { name, version },
    machine: describeMachine(),
    famjs: famjsVersion,
  });
  await writeAtomic(path.dirname(file), { [path.basename(file)]: page });
}
