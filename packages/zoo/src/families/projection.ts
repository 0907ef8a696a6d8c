/** A linear map of a family's layers by its name, with its bias and what adapters add to it. */
import type { HeldWeights } from '@famjs/layer';
import type { Projection } from '@famjs/ops';
import { type Adapters, adaptersOf } from '../adapters/lora.ts';
import { dense } from './family.ts';

/** @param target the map of the checkpoint that it is made of, where it is a part of one */
export const projectionOf = (
  weights: HeldWeights,
  map: string,
  adapters: Adapters | undefined,
  target?: string,
): Projection => ({
  weight: weights[`${map}.weight`]!,
  bias: dense(weights)[`${map}.bias`],
  adapters: adaptersOf(dense(weights), map, adapters, target),
});
