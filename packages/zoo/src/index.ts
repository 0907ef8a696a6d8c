export { configFiles, type ModelConfig, parseModelConfig } from './config.ts';
export { type InitialSpread, initialWeights } from './init.ts';
export {
  joinWeights,
  logitsOf,
  type Model,
  readTokens,
  requireTokens,
  startState,
} from './model.ts';
export { type ModelSource, modelFiles, readModel, type StoredModel } from './model-files.ts';
export {
  type Dtype,
  dtypeWidths,
  type RawTensor,
  type RawTensors,
  readSafetensors,
  type Safetensors,
  writeSafetensors,
} from './safetensors.ts';
export { mostLikely, type NextOptions, type Session, type SessionOptions, startSession } from './session.ts';
export { packState, stateOf, unpackState } from './state-file.ts';
export { downloadValues, packTensors, unpackTensors, uploadValues } from './tensors.ts';
export { loadTokenizer, type SpecialTokens, type Tokenizer } from './tokenizer.ts';
export { decodeTensors, encodeValues, type NamedValues, toFloat32, toInt32, type Values } from './values.ts';
export { isRedundantWeight, requireWeights, weightShapes } from './weights.ts';
