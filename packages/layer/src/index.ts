export { attentionShares } from './attention-shares.ts';
export {
  type AttentionFacts,
  type Block,
  type Finish,
  type Projected,
  residualOf,
  rotate,
} from './block.ts';
export {
  type FamChoices,
  type FamConfig,
  type FamPosition,
  famChoices,
  famConfig,
  famPositions,
  receptiveBlocks,
} from './config.ts';
export { constant } from './fam.ts';
export { continuedState, passedState, receivedState } from './hand-over.ts';
export type { Attended, Moment, Recurrence } from './layer.ts';
export { diversityLoss, reconstructionLoss } from './losses.ts';
export { readStack, renewState, startState } from './read.ts';
export { type Gradients, type RecomputedPass, recomputedGradients, type SegmentResult } from './recompute.ts';
export { recomputedCall } from './recomputed-call.ts';
export { joinRows, selectRows } from './rows.ts';
export {
  type ReadOptions,
  type Schedule,
  type Stack,
  type StackResult,
  type StoppedGradient,
  schedules,
  stoppedGradients,
} from './stack.ts';
export {
  compactState,
  disposeState,
  type Fam,
  type FamState,
  forkState,
  keepState,
  type LayerState,
  mapState,
  type Past,
  type Row,
  stateOf,
  stateTensors,
} from './state.ts';
export { isPlace, largestPlace, type StatePlace, stateShapes } from './state-shapes.ts';
export {
  type FamNorm,
  famNorms,
  type Preset,
  presets,
  type Variant,
  type VariantSettings,
} from './variant.ts';
export type { HeldWeights, WeightMap } from './weights.ts';
