/** Turns queries to their positions, and takes a gradient through it. */
import { setBackend } from '@famjs/backends';
import { rmsNorm, rotary, rotaryFrequencies, rotaryTable } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';

await setBackend('wasm');
const x = tf.randomNormal([1, 4, 2, 64]); // [B, n, H, D]
const table = rotaryTable([0, 1, 2, 3], rotaryFrequencies(64, 10_000));
const turned = (x: tf.Tensor) => rotary(rmsNorm(x, tf.ones([64]), 1e-6), table);
console.log(turned(x).shape, tf.grad(turned)(x).shape);
