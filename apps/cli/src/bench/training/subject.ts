/** What is trained in a benchmark: a recipe of the PassKey models, or a run of a pretrained one, before its first step. */
import path from 'node:path';
import {
  type PassKeyRecipeName,
  passKeyRecipe,
  passKeyRecipes,
  passKeyTokenizerJson,
  prepareRun,
} from '@famjs/tasks';
import { documentOf, freshTraining, type Run, type TrainingState } from '@famjs/trainer';
import { readExamples } from '@famjs/trainer/node';
import { type FamOptions, loadModel, loadTokenizer } from '@famjs/zoo';
import { modelPlace } from '../../passkey/model-folder.ts';
import { openRunFile } from '../../training/run-place.ts';

export interface Subject {
  run: Run;
  state: TrainingState;
  /** Frees what the run has not taken over. */
  dispose(): void;
}

/** @throws ConfigError when there is no such recipe or run */
export async function openSubject(name: string, model: string | undefined): Promise<Subject> {
  if (isPassKeyRecipe(name)) {
    const { initialWeights, ...run } = passKeyRecipe(name, loadTokenizer(passKeyTokenizerJson()));
    return { run, state: freshTraining(initialWeights(0)), dispose: () => {} };
  }
  const { file, folder } = await openRunFile(name, { model });
  const loaded = await loadModel(modelPlace(file.model), {
    ...{ fam: file.fam as FamOptions['fam'], memory: file.memory },
    dtype: 'f32',
  });
  const { tokenizer, endTokens } = loaded;
  const prepared = await prepareRun(file, loaded, async (place) => {
    const examples = await readExamples(path.resolve(folder, place));
    return Promise.all(examples.map((example) => documentOf(example, tokenizer, endTokens[0] ?? 0)));
  });
  return { ...prepared, dispose: () => loaded.dispose() };
}

const isPassKeyRecipe = (name: string): name is PassKeyRecipeName =>
  (passKeyRecipes as readonly string[]).includes(name);
