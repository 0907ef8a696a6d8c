export { type Compared, compareOutputs, type Difference } from './parity/differences.ts';
export { namedOutputs, type Outputs, outputsOf } from './parity/outputs.ts';
export {
  evaluatePassKey,
  type FillerKind,
  fillerKinds,
  type PassKeyEvent,
  type PassKeyOptions,
} from './passkey/evaluate.ts';
export { drawTestKeys, drawTrainingKey, isTestKey } from './passkey/keys.ts';
export {
  type PassKeyModel,
  type PassKeyRecipe,
  type PassKeyRecipeName,
  passKeyModels,
  passKeyRecipe,
  passKeyRecipes,
} from './passkey/recipe.ts';
export { type PassKeyScore, type Share, scorePassKey, shareOf } from './passkey/score.ts';
export {
  type Filler,
  type FillerOrder,
  KEY_DIGITS,
  type PassKeyText,
  passKeyText,
  shuffledFiller,
  textFiller,
} from './passkey/text.ts';
export { passKeyTokenizerJson } from './passkey/tokenizer.ts';
export { type PassKeyStage, type PassKeyTaskOptions, passKeyTask } from './passkey/training-task.ts';
export { type Evaluated, evaluateRun } from './training/evaluate-run.ts';
export { initialModel } from './training/initial-model.ts';
export { type PreparedRun, prepareRun } from './training/prepared-run.ts';
export { parseRunFile, type RunFile } from './training/run-file.ts';
export type { DocumentsOf } from './training/run-task.ts';
