/** Calls of attention with random inputs, which a seed determines. */
import { rotaryFrequencies, rotaryTable } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { BlockAttention } from '../call.ts';
import { type Structure, shapesOf, theta, valueShape } from './oracle.ts';

/**
 * Normally distributed inputs by name.
 *
 * @param magnitude standard deviation of the queries, and so of the scores; that of keys and values is 1
 */
export function sampleInputs(
  structure: Structure,
  seed: number,
  magnitude = 1,
): Record<string, Float32Array<ArrayBuffer>> {
  return Object.fromEntries(
    Object.entries(shapesOf(structure)).map(([name, shape], index) => [
      name,
      normal(tf.util.sizeFromShape(shape), name === 'q' ? magnitude : 1, seed + index),
    ]),
  );
}

/** What `blockAttention` takes, from tensors in the order of `shapesOf`. */
export function callOf(structure: Structure, tensors: tf.Tensor[]): BlockAttention {
  const { C, D, m, visible, causalOffset, window, scale, rotated } = structure;
  const names = Object.keys(shapesOf(structure));
  const pair = (k: string, v: string) => {
    const [keys, values] = [tensors[names.indexOf(k)], tensors[names.indexOf(v)]];
    return keys && values && { k: keys, v: values };
  };
  const [memory, sinks] = [pair('memoryK', 'memoryV'), pair('sinksK', 'sinksV')];
  const distances = Array.from({ length: m }, (_, index) => (index + 1) * C);
  return {
    q: tensors[names.indexOf('q')]!,
    ...pair('k', 'v')!,
    fam: pair('famK', 'famV'),
    memory: memory && {
      ...memory,
      rotation: rotated ? rotaryTable(distances, rotaryFrequencies(D, theta)) : undefined,
    },
    sinks,
    visible: memory || sinks ? tf.tensor1d(visible, 'int32') : undefined,
    ...{ causalOffset, window, scale },
  };
}

/** What the value of a call would be multiplied with in a loss, normally distributed. */
export function sampleUpstream(structure: Structure, seed: number): Float32Array<ArrayBuffer> {
  return normal(tf.util.sizeFromShape(valueShape(structure)), 1, seed);
}

/** Box and Muller's normal numbers from those of mulberry32. */
function normal(count: number, deviation: number, seed: number): Float32Array<ArrayBuffer> {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
  return Float32Array.from(
    { length: count },
    () => deviation * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}
