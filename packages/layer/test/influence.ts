/** Which activations a token changes: the definition of causality, reach and receptive field. */
import * as tf from '@tensorflow/tfjs-core';
import type { Schedule } from '../src/index.ts';
import { readText, type Stack, textOf, valuesOf } from './stacks.ts';

/**
 * Changes one token of the first text and compares the activations above the stack bit by bit: "#" where those of a
 * token differ, "." where they do not, and "!" where those of another text do.
 *
 * @returns one character a token
 */
export async function influenceOf(
  changed: number,
  tokens: number,
  stack: Stack,
  schedule: Schedule,
): Promise<string> {
  const { width } = stack.config;
  const read = (x: tf.Tensor) => readText(stack, [{ tokens, schedule }], { x }).x;
  const { before, after } = await valuesOf(() => {
    const x = textOf(stack, tokens);
    const signs = Float32Array.from({ length: x.size }, (_, i) =>
      Math.floor(i / width) === changed ? -1 : 1,
    );
    return { before: read(x), after: read(tf.mul(x, tf.tensor(signs, x.shape))) };
  });
  const differs = (row: number, token: number) => {
    const from = (row * tokens + token) * width;
    return before!.subarray(from, from + width).some((value, i) => value !== after![from + i]);
  };
  return Array.from({ length: tokens }, (_, token) => {
    for (let row = 1; row < stack.rows; row++) if (differs(row, token)) return '!';
    return differs(0, token) ? '#' : '.';
  }).join('');
}
