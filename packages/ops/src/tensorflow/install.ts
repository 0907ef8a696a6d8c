/** Registers our ops for the tensorflow backend. */
import { registerTensorFlowKernels } from '@famjs/backends/tensorflow';
import { kernelFor, kernelsFor } from '../kernels-for.ts';
import { linearOp } from '../linear.ts';
import { appendRowsKernel } from '../row-log.ts';
import { appendRows } from './append-rows.ts';
import { linear, linearGradient } from './linear.ts';

export const install = () =>
  registerTensorFlowKernels([
    ...kernelFor(appendRowsKernel, appendRows),
    ...kernelsFor(linearOp, { forward: linear, gradient: linearGradient }),
  ]);
