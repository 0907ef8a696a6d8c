/** What FAM does while a model reads: how large it is and how much it changes from block to block, layer by layer. */
import { tidied } from '@famjs/backends';
import { type Recurrence, startState } from '@famjs/layer';
import { type Model, readTokens, stackOf } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from './batch.ts';

/** Means over rows and blocks, a number a layer; empty without FAM. */
export interface WatchedFam {
  /** Root mean square of FAM after an update. */
  size: number[];
  /** Mean squared change by an update as a share of FAM's mean square before it, from the second block on. */
  change: number[];
}

/** Reads the rows of a batch from their beginnings, without a gradient. */
export async function watchFam(model: Model, { rows, length, tokens }: Batch): Promise<WatchedFam> {
  const layers = () => Array.from({ length: model.config.layers }, (): tf.Tensor[] => []);
  const [sizes, changes] = [layers(), layers()];
  const meanSquare = (x: tf.Tensor) => tf.mean(tf.square(x));
  const observe: Recurrence['observe'] = (before, after, { layer, block }) => {
    if (block === 0) return;
    sizes[layer]!.push(meanSquare(after));
    changes[layer]!.push(tf.div(meanSquare(tf.sub(after, before)), meanSquare(before)));
  };
  const found = tidied(() => {
    const stack = stackOf(model);
    const text = tf.tensor2d(tokens, [rows, length], 'int32');
    readTokens(model, stack, text, startState(stack, rows), { recurrence: { observe } });
    const means = (all: tf.Tensor[][]) =>
      all.filter(({ length }) => length > 0).map((one) => tf.mean(tf.stack(one)));
    return { size: means(sizes).map((square) => tf.sqrt(square)), change: means(changes) };
  });
  const read = (scalars: tf.Tensor[]) =>
    Promise.all(scalars.map(async (scalar) => (await scalar.data())[0]!));
  try {
    return { size: await read(found.size), change: await read(found.change) };
  } finally {
    tf.dispose([found.size, found.change]);
  }
}
