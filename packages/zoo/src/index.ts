export { adaptedConfig } from './adapters/adapted.ts';
export { memoryFiles, peftFiles } from './adapters/files.ts';
export { type Adapters, type Lora, loraNames } from './adapters/lora.ts';
export type { LoraChoices } from './adapters/targets.ts';
export { configFiles, type LlamaChoices, llamaConfig, type ModelConfig, parseModelConfig } from './config.ts';
export { costsOf, type ModelCosts, storedDtypes } from './costs.ts';
export { describeModel, type ModelDescription } from './describe-model.ts';
export {
  type AdditionFileOptions,
  type FileDtype,
  fileDtypes,
  floatWeights,
  type WeightDtype,
  weightDtypes,
} from './dtype.ts';
export type { FamOptions } from './fam-options.ts';
export { type Base, baseOf, fingerprintOf, samplesOfTensors } from './fingerprint.ts';
export { modelFiles, type StoredModel } from './formats/model-files.ts';
export {
  type Dtype,
  dtypeWidths,
  type RawTensor,
  type RawTensors,
  readSafetensors,
  type Safetensors,
  writeSafetensors,
} from './formats/safetensors.ts';
export { type Expected, openSealed, requireTensors, sealTensors, sealValues } from './formats/sealed.ts';
export { downloadValues, packTensors, unpackTensors, uploadValues } from './formats/tensors.ts';
export {
  decodeTensors,
  encodeValues,
  type NamedValues,
  toFloat32,
  toInt32,
  type Values,
} from './formats/values.ts';
export {
  type InitialSpread,
  initialAdapter,
  initialMemory,
  initialWeights,
  uniformSpread,
} from './init.ts';
export type { LanguageModel, Session } from './language-model.ts';
export { loadModel } from './load-model.ts';
export {
  embeddedTokens,
  type HeldModel,
  likeliestTokens,
  logitsOf,
  type Model,
  readTokens,
  requireTokens,
  stackOf,
  stackOver,
  tokenLosses,
} from './model.ts';
export { keptWeights, languageModel } from './model-in-use.ts';
export type { ModelOptions } from './model-options.ts';
export { parsed } from './parsed.ts';
export { isPreset, type PresetName, presetConfig, presetNames } from './presets.ts';
export { hashOf, type Purpose, type Random, stream } from './random.ts';
export type { Written } from './sessions/generate.ts';
export { learnedSession } from './sessions/learned.ts';
export type {
  ChatOptions,
  GenerateOptions,
  ReaderOptions,
  SessionOptions,
  TokenOptions,
} from './sessions/options.ts';
export type { ReadOptions, ReadProgress } from './sessions/reading.ts';
export {
  drawToken,
  keepMinP,
  keepTopK,
  keepTopP,
  mostLikely,
  penalizeRepetition,
  type Sampling,
  sample,
  softmax,
} from './sessions/samplers.ts';
export type { Score } from './sessions/scoring.ts';
export { countsOf, shapesOfState, stateCountsSchema } from './sessions/state-notes.ts';
export type { ReadInput, RowInput } from './sessions/token-stream.ts';
export type { FilesInHand } from './sources/in-hand.ts';
export { type KeptPlace, keptModels } from './sources/kept-models.ts';
export type { ModelPlace } from './sources/open-source.ts';
export {
  type ShippedMemory,
  type ShippedModel,
  shippedMemories,
  shippedModels,
} from './sources/shipped-names.ts';
export type { HubOptions, LoadOptions, LoadProgress } from './sources/source.ts';
export { type ChatMessage, type ChatRendering, renderChat } from './tokenizers/chat-template.ts';
export { continuedTokens } from './tokenizers/continued.ts';
export { type IncrementalDecoder, incrementalDecoder } from './tokenizers/incremental.ts';
export { loadTokenizer, type SpecialTokens, type Tokenizer } from './tokenizers/tokenizer.ts';
export { isRedundantWeight, requireWeights, weightShapes } from './weights.ts';
