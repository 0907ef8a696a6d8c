export {
  type FamConfig,
  type FamPosition,
  famPositions,
  type LayerConfig,
  receptiveBlocks,
  requireLayerConfig,
  type Variant,
  variants,
} from './config.ts';
export { type LayerResult, type Place, promptLayer, type Recurrence, scanLayer, stepLayer } from './layer.ts';
export { famOffsets, type Positions, positionsOf, type Span } from './positions.ts';
export { type Gradients, type RecomputedPass, recomputedGradients, type SegmentResult } from './recompute.ts';
export {
  initialFams,
  initialState,
  type ReadOptions,
  readStack,
  type Schedule,
  type StackResult,
  schedules,
} from './stack.ts';
export {
  disposeState,
  emptyState,
  type FamState,
  forkState,
  keepState,
  type LayerState,
  mapState,
  type Progress,
  stateTensors,
} from './state.ts';
export { joinLayerWeights, type LayerWeights, layerWeightNames, type WeightMap } from './weights.ts';
