/** Registers our ops for the wasm backend: an AssemblyScript module that works in the backend's own memory. */
import { registerWasmKernels } from '@famjs/backends/wasm';
import { crossEntropy, crossEntropyGradient } from './cross-entropy.ts';
import { embedding, embeddingGradient, segmentSum } from './embedding.ts';
import { gated, gatedGradient } from './gated.ts';
import { identity } from './identity.ts';
import { linear, linearGradient } from './linear.ts';
import type { Exports } from './module.ts';
import { binary } from './module.wasm.ts';
import { rmsNorm, rmsNormGradient } from './rms-norm.ts';
import { rotary, rotaryGradient } from './rotary.ts';
import { split } from './split.ts';

export const install = () =>
  registerWasmKernels<Exports>(binary, {
    'famjs/Embedding': embedding,
    'famjs/EmbeddingGrad': embeddingGradient,
    'famjs/GatedLinearUnit': gated,
    'famjs/GatedLinearUnitGrad': gatedGradient,
    'famjs/Linear': linear,
    'famjs/LinearGrad': linearGradient,
    'famjs/RmsNorm': rmsNorm,
    'famjs/RmsNormGrad': rmsNormGradient,
    'famjs/Rotary': rotary,
    'famjs/RotaryGrad': rotaryGradient,
    'famjs/TokenCrossEntropy': crossEntropy,
    'famjs/TokenCrossEntropyGrad': crossEntropyGradient,
    Identity: identity,
    SplitV: split,
    UnsortedSegmentSum: segmentSum,
  });
