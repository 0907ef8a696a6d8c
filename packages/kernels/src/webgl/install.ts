/** Registers attention for the webgl backend. */
import { registerWebglKernels } from '@famjs/backends/webgl';
import { backward, forward } from './attention.ts';

export const install = () =>
  registerWebglKernels({ 'famjs/BlockAttention': forward, 'famjs/BlockAttentionGrad': backward });
