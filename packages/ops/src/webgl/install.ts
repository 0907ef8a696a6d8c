/** Registers our ops for the webgl backend. */
import { registerWebglKernels } from '@famjs/backends/webgl';
import { adamStep } from './adam.ts';
import { crossEntropy, crossEntropyGradient } from './cross-entropy.ts';
import { gated, gatedGradient } from './gated.ts';
import { rmsNorm, rmsNormGradient } from './rms-norm.ts';
import { rotary, rotaryGradient } from './rotary.ts';

export const install = () =>
  registerWebglKernels({
    'famjs/AdamStep': adamStep,
    'famjs/GatedLinearUnit': gated,
    'famjs/GatedLinearUnitGrad': gatedGradient,
    'famjs/RmsNorm': rmsNorm,
    'famjs/RmsNormGrad': rmsNormGradient,
    'famjs/Rotary': rotary,
    'famjs/RotaryGrad': rotaryGradient,
    'famjs/TokenCrossEntropy': crossEntropy,
    'famjs/TokenCrossEntropyGrad': crossEntropyGradient,
  });
