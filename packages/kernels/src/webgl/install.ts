/** Registers attention for the webgl backend. */
import { registerWebglKernels } from '@famjs/backends/webgl';
import { plainCalls, take } from '../terms.ts';
import { backward, forward } from './attention.ts';

export const install = () => {
  registerWebglKernels({ 'famjs/BlockAttention': forward, 'famjs/BlockAttentionGrad': backward });
  take('webgl', plainCalls);
};
