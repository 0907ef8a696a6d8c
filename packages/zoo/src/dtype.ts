/** In how many bits a model's matrices are held. */
import { ConfigError, require } from '@famjs/backends';
import type { HeldWeights, WeightMap } from '@famjs/layer';
import { isQuantised } from '@famjs/ops';

/**
 * `f32` float32; `f16` IEEE halves; `q8` and `q4` the Q8_0 and Q4_0 of GGUF files: blocks of 32 numbers of 8 or 4 bits, with a half by
 * which they are multiplied. Activations are float32 in all of them.
 */
export const weightDtypes = ['f32', 'f16', 'q8', 'q4'] as const;
export type WeightDtype = (typeof weightDtypes)[number];

/** Those of them in which memories and adapters are written: what PEFT reads. */
export const fileDtypes = ['f32', 'f16'] as const satisfies readonly WeightDtype[];
export type FileDtype = (typeof fileDtypes)[number];

export interface AdditionFileOptions {
  /** In which the numbers of a memory or an adapter are written; float32 unless given. PEFT and `loadModel` read either. */
  dtype?: FileDtype | undefined;
}

/**
 * The weights of a model as what is trained, and what it is trained on, must be.
 *
 * @throws ConfigError when a matrix is held in blocks
 */
export function floatWeights({ name, weights }: { name: string; weights: HeldWeights }): WeightMap {
  const held = Object.keys(weights).find((weight) => isQuantised(weights[weight]!));
  require(held === undefined, ConfigError, () => ({
    wrong: `"${held}" of ${name} is held in quantised blocks.`,
    expected: 'float32 numbers, in frozen weights too.',
    remedy: "load the model with { dtype: 'f32' }.",
  }));
  return weights as WeightMap;
}
