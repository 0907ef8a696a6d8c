/** In how many bits a model's matrices are held. */

/**
 * `f32` float32; `f16` IEEE halves; `q8` and `q4` the Q8_0 and Q4_0 of GGUF files: blocks of 32 numbers of 8 or 4 bits, with a half by
 * which they are multiplied. Activations are float32 in all of them.
 */
export const weightDtypes = ['f32', 'f16', 'q8', 'q4'] as const;
export type WeightDtype = (typeof weightDtypes)[number];
