/** The page of a run that came to its end, in the run's folder. */
import { describeBackend } from '@famjs/backends';
import type { RunFile } from '@famjs/tasks';
import { type Run, type TrainingState, trainedWeights } from '@famjs/trainer';
import { writeAtomic } from '@famjs/zoo/node';
import { titleOf } from '../passkey/contestant.ts';
import { describeMachine } from '../report/machine.ts';
import type { LoggedStep } from '../report/training-page.ts';
import { famjsVersion } from '../versions.ts';

export type { LoggedStep };

export interface EndedRun {
  name: string;
  file: RunFile;
  run: Run;
  state: TrainingState;
  /** The log. */
  steps: readonly LoggedStep[];
  /** Where the result lies. */
  result: string;
}

/** @throws StorageError when it cannot be written */
export async function writeTrainingReport(
  folder: string,
  { run, state, ...report }: EndedRun,
): Promise<void> {
  // Charts need a DOM, which is heavy.
  const { trainingPage } = await import('../report/training-page.ts');
  const { name, version } = describeBackend();
  const count = (named: TrainingState['weights']) =>
    Object.values(named).reduce((sum, { size }) => sum + size, 0);
  const page = trainingPage({
    ...report,
    title: titleOf(run.config),
    weights: count(state.weights),
    trained: count(trainedWeights(state)),
    command: `famjs ${process.argv.slice(2).join(' ')}`,
    backend: { name, version },
    machine: describeMachine(),
    famjs: famjsVersion,
  });
  await writeAtomic(folder, { 'report.html': page });
}
