/** Which calls of attention a backend's kernels take; the composition runs the others. */
import type { AttentionAttributes, AttentionTensors } from './problem.ts';

/** No window, no sinks, values as wide as keys. */
export const plainCalls = {
  takes: ({ k, v, sinksK }: AttentionTensors, { window }: AttentionAttributes) =>
    window === undefined && !sinksK && k.shape[4] === v.shape[4],
};
