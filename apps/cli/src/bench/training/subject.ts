/** What is trained in a benchmark: a recipe of the PassKey models, or a run of a pretrained one, before its first step. */
import { passKeyRecipe, passKeyTokenizerJson, prepareRun } from '@famjs/tasks';
import { freshTraining, type Run, type TrainingState } from '@famjs/trainer';
import { readDocuments } from '@famjs/trainer/node';
import { loadTokenizer } from '@famjs/zoo';
import { isPassKeyRecipe } from '../../names.ts';
import { modelOfRun } from '../../training/model-of-run.ts';
import { openRunFile, type RunChanges } from '../../training/run-place.ts';

export interface Subject {
  run: Run;
  state: TrainingState;
  /** Frees what the run has not taken over. */
  dispose(): void;
}

/** @throws ConfigError when there is no such recipe or run */
export async function openSubject(name: string, changes: RunChanges): Promise<Subject> {
  if (isPassKeyRecipe(name)) {
    const { initialWeights, ...run } = passKeyRecipe(name, loadTokenizer(passKeyTokenizerJson()));
    return { run, state: freshTraining(initialWeights(0)), dispose: () => {} };
  }
  const { file, folder } = await openRunFile(name, changes);
  const loaded = await modelOfRun(file);
  const { tokenizer, endTokens } = loaded;
  const prepared = await prepareRun(file, loaded, (place) =>
    readDocuments(place, tokenizer, endTokens[0] ?? 0, { folder }),
  );
  return { ...prepared, dispose: () => loaded.dispose() };
}
