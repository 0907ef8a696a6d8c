/** FamState, the working memory: constant in size, a plain map of tensors that can be forked, saved, restored and moved. */
import type { KeysValues } from '@famjs/kernels';
import * as tf from '@tensorflow/tfjs-core';
import type { LayerConfig } from './config.ts';

/** What one layer remembers. */
export interface LayerState {
  /** F_τ, [B, F, d]; undefined when F = 0. */
  fam: tf.Tensor | undefined;
  /** Keys and values [B, m, C, Hkv, D] of the m last blocks, oldest first; undefined when m = 0. */
  memory: KeysValues | undefined;
  /** Keys and values [B, C, Hkv, D] of the open block, of which the first `filled` rows count. */
  open: KeysValues;
}

/** What all layers share. */
export interface Progress {
  /** Tokens in the open block, 0 … C − 1. */
  filled: number;
  /** Whole blocks read. */
  blocks: number;
  /** [B]: 0 where FAM is still the prompt's, whose residual the first update leaves out; 1 where it carries context. */
  carried: tf.Tensor;
  /** int32 [B]: how many memory segments hold blocks of the row's document. */
  visible: tf.Tensor;
}

/** The working memory of a stack of layers; everything in it has one size, however long the text. */
export interface FamState extends Progress {
  layers: readonly LayerState[];
}

/**
 * The state before the first token: the FAM of the prompt, empty memory segments, an empty open block.
 *
 * @param fams F_{−1} of each layer, [F, d] or [B, F, d]; empty when F = 0
 */
export function emptyState(
  config: LayerConfig,
  layers: number,
  rows: number,
  fams: readonly tf.Tensor[],
): FamState {
  const {
    blockSize: C,
    memorySegments: m,
    keyValueHeads: Hkv,
    headWidth: D,
    famLength: F,
    width: d,
  } = config;
  const blank = (...shape: number[]): KeysValues => ({ k: tf.zeros(shape), v: tf.zeros(shape) });
  return {
    filled: 0,
    blocks: 0,
    carried: tf.zeros([rows]),
    visible: tf.zeros([rows], 'int32'),
    layers: Array.from({ length: layers }, (_, l) => ({
      fam: F > 0 ? tf.broadcastTo(fams[l]!, [rows, F, d]) : undefined,
      memory: m > 0 ? blank(rows, m, C, Hkv, D) : undefined,
      open: blank(rows, C, Hkv, D),
    })),
  };
}

/** The tensors of a state by name: `carried`, `visible`, and per layer `layers.0.fam`, `layers.0.memory.k`, … */
export function stateTensors(state: FamState): Record<string, tf.Tensor> {
  const tensors: Record<string, tf.Tensor> = { carried: state.carried, visible: state.visible };
  state.layers.forEach(({ fam, memory, open }, l) => {
    if (fam) tensors[`layers.${l}.fam`] = fam;
    if (memory) {
      tensors[`layers.${l}.memory.k`] = memory.k;
      tensors[`layers.${l}.memory.v`] = memory.v;
    }
    tensors[`layers.${l}.open.k`] = open.k;
    tensors[`layers.${l}.open.v`] = open.v;
  });
  return tensors;
}

/** The same state with every tensor replaced by `change(tensor, name)`. */
export function mapState(state: FamState, change: (tensor: tf.Tensor, name: string) => tf.Tensor): FamState {
  const pair = (held: KeysValues, name: string) => ({
    k: change(held.k, `${name}.k`),
    v: change(held.v, `${name}.v`),
  });
  return {
    ...state,
    carried: change(state.carried, 'carried'),
    visible: change(state.visible, 'visible'),
    layers: state.layers.map(({ fam, memory, open }, l) => ({
      fam: fam && change(fam, `layers.${l}.fam`),
      memory: memory && pair(memory, `layers.${l}.memory`),
      open: pair(open, `layers.${l}.open`),
    })),
  };
}

/** A second state that lives on its own; the tensors share their data until one of them is replaced. */
export function forkState(state: FamState): FamState {
  return mapState(state, (tensor) => tf.clone(tensor));
}

/** Takes the state's tensors out of the current tidy; `disposeState` ends them. */
export function keepState(state: FamState): FamState {
  return mapState(state, (tensor) => tf.keep(tensor));
}

export function disposeState(state: FamState): void {
  tf.dispose(Object.values(stateTensors(state)));
}
