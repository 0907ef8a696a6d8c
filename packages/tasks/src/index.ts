export { evaluatePassKey, type PassKeyEvent, type PassKeyOptions } from './passkey/evaluate.ts';
export { drawKeys } from './passkey/keys.ts';
export { type PassKeyModel, type PassKeyRecipe, passKeyModels, passKeyRecipe } from './passkey/recipe.ts';
export { type PassKeyScore, type Share, scorePassKey, shareOf } from './passkey/score.ts';
export { KEY_DIGITS, type PassKeyText, passKeyText } from './passkey/text.ts';
export { passKeyTokenizerJson } from './passkey/tokenizer.ts';
export { type PassKeyStage, passKeyTask } from './passkey/training-task.ts';
