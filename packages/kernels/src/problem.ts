/** What the attention kernels of all backends are given, and the sizes that their shapes tell. */
import type { TensorInfo } from '@tensorflow/tfjs-core';

/** The inputs and constants of `blockAttentionOp`; those that were not given are absent. */
export interface AttentionTensors {
  q: TensorInfo;
  k: TensorInfo;
  v: TensorInfo;
  famK?: TensorInfo | undefined;
  famV?: TensorInfo | undefined;
  memoryK?: TensorInfo | undefined;
  memoryV?: TensorInfo | undefined;
  sinksK?: TensorInfo | undefined;
  sinksV?: TensorInfo | undefined;
  visible?: TensorInfo | undefined;
  rotationCos?: TensorInfo | undefined;
  rotationSin?: TensorInfo | undefined;
}

export interface AttentionAttributes {
  causalOffset: number | undefined;
  window: number | undefined;
  scale: number;
  /** See `BlockAttention`; kernels get no such calls. */
  pinned?: number | undefined;
}

/** What `famjs/BlockAttentionGrad` is given besides: the outputs of the forward kernel and the gradient of its value. */
export interface AttentionResults {
  value: TensorInfo;
  logSumExp: TensorInfo;
  dy: TensorInfo;
}

/** Names of the inputs whose gradients are wanted, in the order in which they are returned. */
export interface GradientAttributes extends AttentionAttributes {
  gradientsOf: (keyof AttentionTensors)[];
}

/** What `famjs/StepAttention` is given: `StepAttention` by the names of `AttentionTensors`, k and v being the log. */
export type StepTensors = Omit<AttentionTensors, 'memoryK' | 'memoryV'>;

export interface StepAttributes {
  own: number;
  offset: number;
  segments: number;
  blockSize: number;
  window: number | undefined;
  scale: number;
}

export type Sizes = ReturnType<typeof sizesOf>;

/** A call as the kernels take it: its sizes, what bounds its queries, and where keys lie in the tensors that hold them. */
export interface Problem extends Sizes, AttentionAttributes {
  /** Keys from one row of the batch to the next in k and v, and the one at which block 0 begins. */
  ownPitch: number;
  ownFirst: number;
  /** The same for the farthest segment in memoryK and memoryV. */
  memoryPitch: number;
  memoryFirst: number;
  /** How many blocks back sinks count. */
  sinksBack: number;
}

/** Sizes by the letters of `BlockAttention`, S of them sinks; F, m, C and S are 0 where there are none. */
export function sizesOf({ q, k, v, famK, memoryK, sinksK }: AttentionTensors) {
  const [B, T, N, H, D] = q.shape as [number, number, number, number, number];
  const [M, Hkv] = k.shape.slice(2) as [number, number];
  const [m, C] = (memoryK?.shape.slice(1, 3) ?? [0, 0]) as [number, number];
  return { B, T, N, M, H, Hkv, D, Dv: v.shape[4]!, F: famK?.shape[2] ?? 0, S: sinksK?.shape[1] ?? 0, m, C };
}

/** Of `famjs/BlockAttention` and its gradient. */
export function problemOf(tensors: AttentionTensors, attributes: AttentionAttributes): Problem {
  const sizes = sizesOf(tensors);
  const { T, M, m, C } = sizes;
  const { causalOffset, window, scale } = attributes;
  return {
    ...sizes,
    ...{ causalOffset, window, scale },
    ...{ ownPitch: T * M, ownFirst: 0, memoryPitch: m * C, memoryFirst: 0, sinksBack: m + 1 },
  };
}

/** Of `famjs/StepAttention`: a call of one block whose own keys and segments are parts of the log. */
export function stepProblemOf(
  { q, k, v, famK, famV, ...others }: StepTensors,
  { own, offset, segments, blockSize: C, window, scale }: StepAttributes,
): { tensors: AttentionTensors; problem: Problem } {
  const [B, N, ...queryHeads] = q.shape as [number, number];
  const L = k.shape[1]!;
  const m = segmentsHeld(own, segments, C);
  const part = (log: TensorInfo, blocks: number, length: number): TensorInfo => ({
    ...handleOf(log),
    shape: [B, blocks, length, ...log.shape.slice(2)],
  });
  const oneBlock = (x: TensorInfo): TensorInfo => ({ ...handleOf(x), shape: [B, 1, ...x.shape.slice(1)] });
  const tensors: AttentionTensors = {
    ...others,
    q: { ...handleOf(q), shape: [B, 1, N, ...queryHeads] },
    ...{ k: part(k, 1, offset + N), v: part(v, 1, offset + N) },
    ...(famK && famV && { famK: oneBlock(famK), famV: oneBlock(famV) }),
    ...(m > 0 && { memoryK: part(k, m, C), memoryV: part(v, m, C) }),
  };
  return {
    tensors,
    problem: {
      ...sizesOf(tensors),
      ...{ causalOffset: offset, window, scale, sinksBack: segments + 1 },
      ...{ ownPitch: L, ownFirst: own, memoryPitch: L, memoryFirst: own - m * C },
    },
  };
}

/** How many of the segments before row `own` a log holds. */
export function segmentsHeld(own: number, segments: number, blockSize: number): number {
  return segments > 0 ? Math.min(segments, Math.floor(own / blockSize)) : 0;
}

const handleOf = ({ dataId, dtype }: TensorInfo) => ({ dataId, dtype });
