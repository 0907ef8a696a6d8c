/** Registers attention for the tensorflow backend. */
import { registerTensorFlowKernels } from '@famjs/backends/tensorflow';
import { kernelsFor } from '@famjs/ops';
import { blockAttentionOp } from '../attention.ts';
import { backward, forward } from './attention.ts';

export const install = () =>
  registerTensorFlowKernels(
    kernelsFor(blockAttentionOp, {
      residuals: 'kept',
      forward: (_, given, attributes) => forward(given as never, attributes),
      gradient: (_, { kept1, kept2, kept3, kept4, ...given }, { gradientsOf, ...attributes }) => {
        const gradients = backward(given as never, [kept1, kept2, kept3, kept4] as never, attributes);
        return gradientsOf.map((name) => gradients[name]!);
      },
    }),
  );
