export { configFiles, type ModelConfig, parseModelConfig } from './config.ts';
export { type ModelSource, modelFiles, readModel, type StoredModel } from './formats/model-files.ts';
export {
  type Dtype,
  dtypeWidths,
  type RawTensor,
  type RawTensors,
  readSafetensors,
  type Safetensors,
  writeSafetensors,
} from './formats/safetensors.ts';
export { downloadValues, packTensors, unpackTensors, uploadValues } from './formats/tensors.ts';
export {
  decodeTensors,
  encodeValues,
  type NamedValues,
  toFloat32,
  toInt32,
  type Values,
} from './formats/values.ts';
export { type InitialSpread, initialWeights, uniformSpread } from './init.ts';
export {
  joinWeights,
  logitsOf,
  type Model,
  readTokens,
  requireTokens,
  startState,
} from './model.ts';
export { hashOf, type Purpose, type Random, stream } from './random.ts';
export {
  mostLikely,
  type NextOptions,
  type Session,
  type SessionOptions,
  startSession,
} from './sessions/session.ts';
export { packState, stateOf, unpackState } from './sessions/state-file.ts';
export { loadTokenizer, type SpecialTokens, type Tokenizer } from './tokenizers/tokenizer.ts';
export { isRedundantWeight, requireWeights, weightShapes } from './weights.ts';
