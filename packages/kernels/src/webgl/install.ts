/** Registers attention for the webgl backend. */
import { registerWebglKernels } from '@famjs/backends/webgl';
import { kernelsFor } from '@famjs/ops';
import { blockAttentionOp } from '../attention.ts';
import { plainCalls } from '../terms.ts';
import { backward, forward } from './attention.ts';

export const install = () =>
  registerWebglKernels(kernelsFor(blockAttentionOp, { forward, gradient: backward, ...plainCalls }));
