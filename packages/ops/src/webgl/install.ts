/** Registers our ops for the webgl backend. */
import { registerWebglKernels } from '@famjs/backends/webgl';
import { adamStepKernel } from '../adam.ts';
import { tokenCrossEntropyOp } from '../cross-entropy.ts';
import { embeddingOp } from '../embedding.ts';
import { gatedOp } from '../gated.ts';
import { kernelFor, kernelsFor } from '../kernels-for.ts';
import { widenedRowsKernel, wordsKernel } from '../quantised.ts';
import { quantisedLinearOp } from '../quantised-linear.ts';
import { rmsNormOp } from '../rms-norm.ts';
import { rotaryOp } from '../rotary.ts';
import { adamStep } from './adam.ts';
import { crossEntropy, crossEntropyGradient } from './cross-entropy.ts';
import { embedding, embeddingGradient } from './embedding.ts';
import { gated, gatedGradient } from './gated.ts';
import { quantisedLinear, quantisedLinearGradient, takes, widenedRows, words } from './quantised.ts';
import { rmsNorm, rmsNormGradient } from './rms-norm.ts';
import { rotary, rotaryGradient } from './rotary.ts';

export const install = () =>
  registerWebglKernels([
    ...kernelFor(adamStepKernel, adamStep),
    ...kernelFor(widenedRowsKernel, widenedRows),
    ...kernelFor(wordsKernel, words),
    ...kernelsFor(embeddingOp, { forward: embedding, gradient: embeddingGradient }),
    ...kernelsFor(gatedOp, { forward: gated, gradient: gatedGradient }),
    ...kernelsFor(quantisedLinearOp, { forward: quantisedLinear, gradient: quantisedLinearGradient, takes }),
    ...kernelsFor(rmsNormOp, { forward: rmsNorm, gradient: rmsNormGradient }),
    ...kernelsFor(rotaryOp, { forward: rotary, gradient: rotaryGradient }),
    ...kernelsFor(tokenCrossEntropyOp, { forward: crossEntropy, gradient: crossEntropyGradient }),
  ]);
