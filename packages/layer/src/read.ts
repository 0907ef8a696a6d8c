/** A stack of layers reads text of any length, in any pieces, from a state of bounded size. */
import { ConfigError, require } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { attentionReader } from './readers/attention.ts';
import { outputsReader } from './readers/outputs.ts';
import type { Reader } from './readers/reader.ts';
import { summariesReader } from './readers/summaries.ts';
import { tokensReader } from './readers/tokens.ts';
import { changedInGroups, inGroups } from './rows.ts';
import type { ReadOptions, Stack, StackResult } from './stack.ts';
import { type FamState, mapState, type Row, stateTensors } from './state.ts';
import type { Variant } from './variant.ts';

const readers: Record<Variant['carrier'], Reader> = {
  attention: attentionReader,
  outputs: outputsReader,
  tokens: tokensReader,
  summaries: summariesReader,
};

const readerOf = ({ config, blocks }: Stack): Reader => {
  const { carrier, preset } = config.variant;
  const takesWindows = carrier === 'attention' || carrier === 'outputs';
  const windowed = blocks.findIndex(({ attention }) => attention.window !== undefined);
  require(takesWindows || windowed < 0, ConfigError, () => ({
    wrong: `The variant ${preset} got a layer, ${windowed}, that sees a window of tokens.`,
    expected: 'layers without windows of their own.',
    remedy: 'choose a variant of "fam" or "bswa" for this model.',
  }));
  return readers[carrier];
};

/** A row at the beginning of its text. */
const freshRow = (origin = 0): Row => ({ blocks: 0, updates: 0, origin });

/**
 * The state before the first token, for texts side by side.
 *
 * @param rows how many, or the absolute position of the first token of each
 */
export function startState(stack: Stack, rows: number | readonly number[]): FamState {
  const origins = typeof rows === 'number' ? Array<number>(rows).fill(0) : rows;
  const state = readerOf(stack).start(stack, origins.map(freshRow));
  return stack.learned ? withLearned(stack, state, stack.learned) : state;
}

/** A learned memory carries context, as FAM does after updates. */
function withLearned(stack: Stack, state: FamState, learned: readonly tf.Tensor[]): FamState {
  const { carrier, visible } = stack.config.variant;
  const ofAllRows = (memory: tf.Tensor) =>
    tf.broadcastTo(tf.expandDims(memory, 0), [state.rows.length, ...memory.shape]);
  const layers = state.layers.map(({ fam, ...held }, l) => ({
    ...held,
    fam: fam && { ...fam, activations: ofAllRows(learned[l]!) },
  }));
  return renewState(stack, {
    ...state,
    layers,
    rows: state.rows.map((row) => ({ ...row, updates: visible })),
    ...(carrier !== 'attention' && { summary: ofAllRows(learned[0]!) }),
  });
}

/** The same state with everything that is made of FAM or summaries made anew by these weights, differentiable in them. */
export function renewState(stack: Stack, state: FamState): FamState {
  return changedInGroups(stack.config, state, (state) => readerOf(stack).renew(stack, state));
}

/**
 * Reads activations from a state; nothing is changed. The activations above the last layer, [B, S, d], are computed when
 * they are asked for: text that is only to be remembered costs the last layer no more than its state.
 *
 * @param x [B, S, d], any S ≥ 1
 */
export function readStack(
  stack: Stack,
  x: tf.Tensor,
  state: FamState,
  options: ReadOptions = {},
): StackResult {
  const reader = readerOf(stack);
  const { recurrence = {}, stopGradient = 'none', recomputeLayers } = options;
  const read = inGroups(stack.config, x, state, (x, state, members) => {
    const lengths = cut(stack, reader, x.shape[1]!, state, options);
    const outputs: (() => tf.Tensor)[] = [];
    let [current, firstBlock] = [state, 0];
    for (const piece of lengths.length > 1 ? tf.split(x, lengths, 1) : [x]) {
      const read = reader.read(stack, piece, current, {
        ...{ recurrence, stopGradient, recomputeLayers, firstBlock, members },
      });
      outputs.push(read.x);
      firstBlock += Math.floor((current.filled + piece.shape[1]!) / stack.config.blockSize);
      current = read.state;
    }
    const above = () =>
      outputs.length > 1
        ? tf.concat(
            outputs.map((output) => output()),
            1,
          )
        : outputs[0]!();
    return { x: above, state: current };
  });
  return { ...read, state: withHandlesOfItsOwn(read.state, state) };
}

/** So that either state can be disposed of without the other. */
function withHandlesOfItsOwn(after: FamState, before: FamState): FamState {
  const held = new Set(Object.values(stateTensors(before)));
  return mapState(after, (tensor) => (held.has(tensor) ? tf.clone(tensor) : tensor));
}

/**
 * Lengths of the pieces of S tokens: what completes the open block, whole blocks, what is left. Blocks are read one by one
 * where they depend on each other, where a gradient stops between them, and while the number of visible FAMs grows.
 */
function cut(
  { config }: Stack,
  reader: Reader,
  S: number,
  { filled, rows }: FamState,
  { schedule = 'scan', stopGradient }: ReadOptions,
): number[] {
  if (schedule === 'step') return Array(S).fill(1);
  const { blockSize: C, famLength: F, variant } = config;
  const head = filled > 0 ? Math.min(S, C - filled) : 0;
  const whole = Math.floor((S - head) / C);
  const oneByOne = schedule === 'block' || reader.sequential || stopGradient === 'memory';
  const growing = F > 0 ? Math.max(0, variant.visible - 1 - rows[0]!.updates - (head > 0 ? 1 : 0)) : 0;
  const single = oneByOne ? whole : Math.min(whole, growing);
  const pieces = [head, ...Array(single).fill(C), (whole - single) * C, S - head - whole * C];
  return pieces.filter((length) => length > 0);
}
