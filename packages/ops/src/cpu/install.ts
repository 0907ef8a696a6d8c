/** Registers our ops for the cpu backend. */
import { registerCpuKernels } from '@famjs/backends/cpu';
import { kernelFor } from '../kernels-for.ts';
import { widenedRowsKernel } from '../quantised.ts';
import { appendRowsKernel } from '../row-log.ts';
import { appendRows } from './append-rows.ts';
import { widenedRows } from './widened-rows.ts';

export const install = () =>
  registerCpuKernels([
    ...kernelFor(appendRowsKernel, appendRows),
    ...kernelFor(widenedRowsKernel, widenedRows),
  ]);
