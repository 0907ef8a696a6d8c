/** Registers our ops for the webgpu backend. */
import { registerWebGpuKernels } from '@famjs/backends/webgpu';
import { adamStep } from './adam.ts';
import { crossEntropy, crossEntropyGradient } from './cross-entropy.ts';
import { embedding, embeddingGradient } from './embedding.ts';
import { gated, gatedGradient } from './gated.ts';
import { rmsNorm, rmsNormGradient } from './rms-norm.ts';
import { rotary, rotaryGradient } from './rotary.ts';

export const install = () =>
  registerWebGpuKernels({
    'famjs/AdamStep': adamStep,
    'famjs/Embedding': embedding,
    'famjs/EmbeddingGrad': embeddingGradient,
    'famjs/GatedLinearUnit': gated,
    'famjs/GatedLinearUnitGrad': gatedGradient,
    'famjs/RmsNorm': rmsNorm,
    'famjs/RmsNormGrad': rmsNormGradient,
    'famjs/Rotary': rotary,
    'famjs/RotaryGrad': rotaryGradient,
    'famjs/TokenCrossEntropy': crossEntropy,
    'famjs/TokenCrossEntropyGrad': crossEntropyGradient,
  });
