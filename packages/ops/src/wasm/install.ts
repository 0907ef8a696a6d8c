/** Registers our ops for the wasm backend: an AssemblyScript module that works in the backend's own memory. */
import { registerWasmKernels } from '@famjs/backends/wasm';
import * as tf from '@tensorflow/tfjs-core';
import { tokenCrossEntropyOp } from '../cross-entropy.ts';
import { embeddingOp } from '../embedding.ts';
import { filledKernel } from '../filled.ts';
import { gatedOp } from '../gated.ts';
import { kernelFor, kernelsFor } from '../kernels-for.ts';
import { linearOp } from '../linear.ts';
import { plainKernel } from '../plain-kernel.ts';
import { widenedRowsKernel } from '../quantised.ts';
import { quantisedLinearOp } from '../quantised-linear.ts';
import { rmsNormOp } from '../rms-norm.ts';
import { rotaryOp } from '../rotary.ts';
import { appendRowsKernel } from '../row-log.ts';
import { appendRows } from './append-rows.ts';
import { crossEntropy, crossEntropyGradient } from './cross-entropy.ts';
import { embedding, embeddingGradient, segmentSum } from './embedding.ts';
import { filled } from './filled.ts';
import { gated, gatedGradient } from './gated.ts';
import { identity } from './identity.ts';
import { linear, linearGradient } from './linear.ts';
import type { Exports } from './module.ts';
import { quantisedLinear, quantisedLinearGradient, widenedRows } from './quantised.ts';
import { rmsNorm, rmsNormGradient } from './rms-norm.ts';
import { rotary, rotaryGradient } from './rotary.ts';
import { slice } from './slice.ts';
import { split, unpack } from './split.ts';

type OfOne = { x: tf.Tensor };
type OfValue = { value: tf.Tensor };
type OfSegments = OfOne & { segmentIds: tf.Tensor };

const modules = {
  relaxed: () => import('./relaxed.wasm.ts'),
  simd: () => import('./simd.wasm.ts'),
};

export const install = () =>
  registerWasmKernels<Exports>(modules, [
    ...kernelsFor(embeddingOp, { forward: embedding, gradient: embeddingGradient }),
    ...kernelsFor(gatedOp, { forward: gated, gradient: gatedGradient }),
    ...kernelsFor(linearOp, { forward: linear, gradient: linearGradient }),
    ...kernelsFor(quantisedLinearOp, { forward: quantisedLinear, gradient: quantisedLinearGradient }),
    ...kernelsFor(rmsNormOp, { forward: rmsNorm, gradient: rmsNormGradient }),
    ...kernelsFor(rotaryOp, { forward: rotary, gradient: rotaryGradient }),
    ...kernelsFor(tokenCrossEntropyOp, { forward: crossEntropy, gradient: crossEntropyGradient }),
    ...kernelFor(appendRowsKernel, appendRows),
    ...kernelFor(filledKernel, filled),
    ...kernelFor(widenedRowsKernel, widenedRows),
    ...kernelFor(plainKernel<OfOne, object>(tf.Identity), identity),
    ...kernelFor(plainKernel<OfOne, tf.SliceAttrs>(tf.Slice), slice),
    ...kernelFor(plainKernel<OfOne, tf.SplitVAttrs>(tf.SplitV), split),
    ...kernelFor(plainKernel<OfValue, tf.UnpackAttrs>(tf.Unpack), unpack),
    ...kernelFor(plainKernel<OfSegments, tf.UnsortedSegmentSumAttrs>(tf.UnsortedSegmentSum), segmentSum),
  ]);
