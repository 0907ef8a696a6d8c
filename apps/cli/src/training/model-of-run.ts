/** The model that a run begins with: one that is there, or one from scratch. */
import { initialModel, type RunFile } from '@famjs/tasks';
import { type FamOptions, type LanguageModel, loadModel } from '@famjs/zoo';
import { loadSpeech } from '@famjs/zoo/node';
import { modelPlace } from '../passkey/model-folder.ts';

/** @throws CheckpointError, ConfigError what `loadModel` throws */
export async function modelOfRun(file: RunFile): Promise<LanguageModel> {
  const { model, fam, memory } = file;
  if (typeof model !== 'string')
    return initialModel({ ...file, model }, await loadSpeech(modelPlace(model.tokenizer)));
  return loadModel(modelPlace(model), { ...{ fam: fam as FamOptions['fam'], memory }, dtype: 'f32' });
}

/** What it is called where people read of it. */
export const nameOfModel = ({ model }: RunFile): string =>
  typeof model === 'string' ? model : `a model from scratch with the tokenizer of ${model.tokenizer}`;
