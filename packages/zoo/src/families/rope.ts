/** How a config.json says that positions are stretched after pretraining; only "not at all" is supported. */
import * as z from 'zod';

/** `rope_scaling` of transformers 4, or `rope_parameters` of 5. */
export const rope = z
  .looseObject({
    rope_type: z.string().nullish(),
    type: z.string().nullish(),
    rope_theta: z.number().gt(1).nullish(),
    partial_rotary_factor: z.number().gt(0).max(1).nullish(),
  })
  .nullish()
  .refine((scaling) => (scaling?.rope_type ?? scaling?.type ?? 'default') === 'default', {
    error: ({ input }) =>
      `the scaling ${JSON.stringify(input)} of positions is not supported yet, only null or "default"`,
  });
