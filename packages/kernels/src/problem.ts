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

export type Sizes = ReturnType<typeof sizesOf>;

/** Sizes by the letters of `BlockAttention`, S of them sinks; F, m, C and S are 0 where there are none. */
export function sizesOf({ q, k, v, famK, memoryK, sinksK }: AttentionTensors) {
  const [B, T, N, H, D] = q.shape as [number, number, number, number, number];
  const [M, Hkv] = k.shape.slice(2) as [number, number];
  const [m, C] = (memoryK?.shape.slice(1, 3) ?? [0, 0]) as [number, number];
  return { B, T, N, M, H, Hkv, D, Dv: v.shape[4]!, F: famK?.shape[2] ?? 0, S: sinksK?.shape[1] ?? 0, m, C };
}
