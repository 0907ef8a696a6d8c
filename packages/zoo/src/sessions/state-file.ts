/** The working memory as a safetensors file, which any backend can go on from. */
import { CheckpointError, require, tidied } from '@famjs/backends';
import { disposeState, emptyState, type FamState, mapState, stateTensors } from '@famjs/layer';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { ModelConfig } from '../config.ts';
import { packTensors, unpackTensors } from '../formats/tensors.ts';
import { parsed } from '../parsed.ts';

const progressSchema = z.object({
  filled: z.coerce.number().int().min(0),
  blocks: z.coerce.number().int().min(0),
});

/** The bytes of a state. */
export function packState(state: FamState): Promise<Uint8Array> {
  return packTensors(stateTensors(state), { filled: String(state.filled), blocks: String(state.blocks) });
}

/**
 * The state of `packState`, on the current backend and in the caller's hands.
 *
 * @throws CheckpointError when the bytes are damaged or hold the state of a model of another shape
 */
export function unpackState(bytes: Uint8Array, config: ModelConfig): FamState {
  const { tensors, metadata } = unpackTensors(bytes, 'the state file');
  try {
    const progress = parsed(
      progressSchema,
      metadata,
      'the state file',
      CheckpointError,
      'a state from packState().',
    );
    return stateOf(tensors, progress, config);
  } catch (error) {
    tf.dispose(tensors);
    throw error;
  }
}

/**
 * Puts a state together from its tensors, which it takes over.
 *
 * @throws CheckpointError when they are not those of a state of this model
 */
export function stateOf(
  tensors: Readonly<Record<string, tf.Tensor>>,
  progress: { filled: number; blocks: number },
  config: ModelConfig,
): FamState {
  const rows = tensors.carried?.size ?? 0;
  const describe = (set: Readonly<Record<string, tf.Tensor>>) =>
    Object.entries(set)
      .map(([name, { dtype, shape }]) => `${name} ${dtype} [${shape}]`)
      .sort()
      .join(', ');
  const blank = tidied(() => blankState(config, Math.max(1, rows)));
  const [held, wanted] = [describe(tensors), describe(stateTensors(blank))];
  disposeState(blank);
  require(rows > 0 && held === wanted && progress.filled < config.layer.blockSize, CheckpointError, () => ({
    wrong: `The state holds ${held}, and ${progress.filled} tokens of an open block.`,
    expected: `${wanted}, and fewer than ${config.layer.blockSize} tokens.`,
    remedy: 'restore the state with the model that it was saved with.',
  }));
  return mapState({ ...blank, ...progress }, (_, name) => tensors[name]!);
}

function blankState(config: ModelConfig, rows: number): FamState {
  const { famLength, width } = config.layer;
  const fams = famLength > 0 ? Array.from({ length: config.layers }, () => tf.zeros([famLength, width])) : [];
  return emptyState(config.layer, config.layers, rows, fams);
}
