/** Tables of kernels follow their ops: the compiler refuses a kernel for another op. */
import type { Kernel } from '@famjs/backends';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { adamStepKernel } from './adam.ts';
import { kernelFor, kernelsFor } from './kernels-for.ts';
import { rmsNormOp } from './rms-norm.ts';
import { rotaryOp } from './rotary.ts';

type Angles = Record<'cos' | 'sin', TensorInfo>;
declare const host: { make(shape: number[]): TensorInfo };
type Host = typeof host;

const rotary: Kernel<Host, Angles & { x: TensorInfo }, { inverse: boolean }> = ({ make }, { x }) =>
  make(x.shape);
const rotaryGradient: Kernel<Host, Angles & { dy: TensorInfo }, { inverse: boolean; gradientsOf: 'x'[] }> = (
  { make },
  { dy },
) => make(dy.shape);
const rmsNorm: Kernel<Host, { x: TensorInfo; gain: TensorInfo | undefined }, { epsilon: number }> = (
  { make },
  { x },
) => make(x.shape);
const rmsNormGradient: Kernel<Host, Record<'x' | 'inverse' | 'dy', TensorInfo>, { epsilon: number }> = (
  { make },
  { dy },
) => make(dy.shape);

test('an op has a kernel and one for its gradient, under its name', () => {
  expect(kernelsFor(rotaryOp, { forward: rotary, gradient: rotaryGradient })).toEqual([
    { kernelName: 'famjs/Rotary', kernel: rotary, terms: {} },
    { kernelName: 'famjs/RotaryGrad', kernel: rotaryGradient },
  ]);
  kernelsFor(rmsNormOp, { forward: rmsNorm, gradient: rmsNormGradient });
});

test('a kernel of another op does not compile', () => {
  // @ts-expect-error It asks for an epsilon.
  kernelsFor(rotaryOp, { forward: rmsNorm, gradient: rotaryGradient });
  // @ts-expect-error It asks for what Rotary does not save.
  kernelsFor(rotaryOp, { forward: rotary, gradient: rmsNormGradient });
  // @ts-expect-error It asks for angles.
  kernelsFor(rmsNormOp, { forward: rotary, gradient: rmsNormGradient });
  // @ts-expect-error A gradient is missing.
  kernelsFor(rotaryOp, { forward: rotary });
  // @ts-expect-error It asks for x.
  kernelFor(adamStepKernel, rmsNorm);
});
