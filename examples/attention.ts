/** Attention over three blocks at once: each sees its FAM and itself up to the token. */
import { setBackend } from '@famjs/backends';
import { blockAttention } from '@famjs/kernels';
import * as tf from '@tensorflow/tfjs-core';

await setBackend('wasm');
const [q, k, v] = [
  tf.randomNormal([1, 3, 16, 4, 32]),
  tf.randomNormal([1, 3, 16, 4, 32]),
  tf.randomNormal([1, 3, 16, 4, 32]),
]; // [B, T, C, H, D]
const fam = { k: tf.randomNormal([1, 3, 8, 4, 32]), v: tf.randomNormal([1, 3, 8, 4, 32]) }; // [B, T, F, H, D]
const out = blockAttention({ q, k, v, fam, causalOffset: 0 });
console.log(out.shape);
