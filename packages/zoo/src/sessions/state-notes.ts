/** The working memory as a file has it: counts, and tensors whose names, shapes and types follow from them and the model. */

import { CheckpointError, require, tidied } from '@famjs/backends';
import { disposeState, emptyState, type FamState, mapState } from '@famjs/layer';
import * as tf from '@tensorflow/tfjs-core';
import * as z from 'zod';
import type { ModelConfig } from '../config.ts';
import type { NamedValues } from '../formats/values.ts';

/** The counts beside a state's tensors, within what a model allows. */
export const stateCountsSchema = ({ layer }: ModelConfig) =>
  z.strictObject({
    filled: z
      .int()
      .min(0)
      .max(layer.blockSize - 1),
    blocks: z.int().min(0),
  });

export type StateCounts = z.output<ReturnType<typeof stateCountsSchema>>;

export function countsOf({ filled, blocks }: FamState): StateCounts {
  return { filled, blocks };
}

/** Empty values of the tensors that a state of these counts has, by name. */
export function stateShapes({ layer, layers }: ModelConfig, rows: number): NamedValues {
  const { blockSize: C, memorySegments: m, keyValueHeads: Hkv, headWidth: D, famLength: F, width: d } = layer;
  const shapes: Record<string, NamedValues[string]> = {
    carried: { shape: [rows], values: new Float32Array() },
    visible: { shape: [rows], values: new Int32Array() },
  };
  const put = (name: string, ...shape: number[]) => {
    shapes[name] = { shape, values: new Float32Array() };
  };
  for (let l = 0; l < layers; l++) {
    if (F > 0) put(`layers.${l}.fam`, rows, F, d);
    for (const part of ['k', 'v']) {
      if (m > 0) put(`layers.${l}.memory.${part}`, rows, m, C, Hkv, D);
      put(`layers.${l}.open.${part}`, rows, C, Hkv, D);
    }
  }
  return shapes;
}

/**
 * Puts a state together from its tensors, which it takes over.
 *
 * @throws CheckpointError when they are not those of a state of this model
 */
export function stateOf(
  tensors: Readonly<Record<string, tf.Tensor>>,
  counts: StateCounts,
  config: ModelConfig,
): FamState {
  const rows = tensors.carried?.size ?? 0;
  const describe = (set: Readonly<Record<string, { shape: readonly number[] }>>) =>
    Object.entries(set)
      .map(([name, { shape }]) => `${name} [${shape}]`)
      .sort()
      .join(', ');
  const [held, wanted] = [describe(tensors), describe(stateShapes(config, Math.max(1, rows)))];
  require(rows > 0 && held === wanted && counts.filled < config.layer.blockSize, CheckpointError, () => ({
    wrong: `The state holds ${held}, and ${counts.filled} tokens of an open block.`,
    expected: `${wanted}, and fewer than ${config.layer.blockSize} tokens.`,
    remedy: 'restore the state with the model that it was saved with.',
  }));
  const { famLength, width } = config.layer;
  const blank = tidied(() => {
    const fams =
      famLength > 0 ? Array.from({ length: config.layers }, () => tf.zeros([famLength, width])) : [];
    return emptyState(config.layer, config.layers, rows, fams);
  });
  disposeState(blank);
  return mapState({ ...blank, ...counts }, (_, name) => tensors[name]!);
}
