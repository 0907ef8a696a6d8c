/** What FAM does while a model reads: how large it is, how much it changes, and what attention goes to it, layer by layer. */
import { tidied } from '@famjs/backends';
import { attentionShares, type Recurrence, startState } from '@famjs/layer';
import { type Model, readTokens, stackOf } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import { type Batch, blockedBy } from './batch.ts';

/** Means over rows and blocks, a number a layer; size and change are empty without FAM. */
export interface WatchedFam {
  /** Root mean square of FAM after an update. */
  size: number[];
  /** Mean squared change by an update as a share of FAM's mean square before it, from the second block on. */
  change: number[];
  /** Shares of the tokens' attention: to FAM, to sinks and memory segments, to their own block; 0 where there are none, together 1. */
  attention: Record<(typeof parts)[number], number[]>;
}

const parts = ['fam', 'sinks', 'memory', 'own'] as const;

/** Reads the rows of a batch from their beginnings, without a gradient. */
export async function watchFam({ config, weights }: Model, batch: Batch): Promise<WatchedFam> {
  const { rows, length, tokens } = batch;
  const model = { config: blockedBy(config, batch), weights };
  const found = tidied(() => {
    const byLayer = () => Array.from({ length: model.config.layers }, (): tf.Tensor[] => []);
    const all = {
      squares: byLayer(),
      change: byLayer(),
      fam: byLayer(),
      sinks: byLayer(),
      memory: byLayer(),
      own: byLayer(),
    };
    const observe: Recurrence['observe'] = (before, after, { layer, block }) => {
      if (block === 0) return;
      all.squares[layer]!.push(meanSquare(after));
      all.change[layer]!.push(tf.div(meanSquare(tf.sub(after, before)), meanSquare(before)));
    };
    const attend: Recurrence['attend'] = (attended, { layer }) => {
      const shares = attentionShares(attended);
      for (const part of parts) all[part][layer]!.push(shares[part] ?? tf.scalar(0));
    };
    const stack = stackOf(model);
    const text = tf.tensor2d(tokens, [rows, length], 'int32');
    readTokens(model, stack, text, startState(stack, rows), { recurrence: { observe, attend } }).hidden();
    return Object.fromEntries(
      Object.entries(all).map(([name, layers]) => [
        name,
        layers.filter(({ length }) => length > 0).map((seen) => tf.mean(tf.stack(seen))),
      ]),
    ) as Record<keyof typeof all, tf.Tensor[]>;
  });
  const numbers = (name: keyof typeof found) =>
    Promise.all(found[name].map(async (scalar) => (await scalar.data())[0]!));
  try {
    const [squares, change] = [await numbers('squares'), await numbers('change')];
    const shares = await Promise.all(parts.map(async (part) => [part, await numbers(part)]));
    return { size: squares.map(Math.sqrt), change, attention: Object.fromEntries(shares) };
  } finally {
    tf.dispose(found);
  }
}

const meanSquare = (x: tf.Tensor) => tf.mean(tf.square(x));
