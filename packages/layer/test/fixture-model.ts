/** The language model of the fixtures over the layers: embedding, stack, final norm, head and loss. */
import { embedding, linear, tokenCrossEntropy } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import {
  type Attended,
  continuedState,
  diversityLoss,
  type FamState,
  type Recurrence,
  reconstructionLoss,
  renewState,
  type Schedule,
  type Stack,
  type WeightMap,
} from '../src/index.ts';
import type { Fixture } from './fixture.ts';
import { llamaStack } from './llama.ts';
import { readCalls, startOf } from './stacks.ts';

/** The state before the first token: of the prompt, or of the FAM handed in where a row carries one. */
export function startOfFixture(fixture: Fixture, weights: WeightMap): FamState {
  const state = startOf(fixture, weights);
  const { carried, ...input } = fixture.tensors('input.');
  if (!carried) return state;
  const carries = Array.from(carried.dataSync(), Boolean);
  const mask = tf.tensor3d(carries.map(Number), [carries.length, 1, 1]);
  const handedIn = (own: tf.Tensor, l: number) => tf.where(tf.cast(mask, 'bool'), input[`fam.${l}`]!, own);
  const stack = llamaStack(fixture.config, fixture.depth, weights);
  return renewState(stack, {
    ...state,
    rows: state.rows.map((row, b) => ({ ...row, updates: Number(carries[b]) })),
    layers: state.layers.map((layer, l) => ({
      ...layer,
      fam: { ...layer.fam!, activations: handedIn(layer.fam!.activations, l) },
    })),
  });
}

export interface Piece {
  schedule: Schedule;
  /** First token; 0 unless given. */
  from?: number;
  /** Token after the last; all that follow are read unless given. */
  to?: number;
  recurrence?: Recurrence;
}

/** What a piece of the text gives. */
export interface FixtureReading {
  logits: tf.Tensor;
  /** Its share of the auxiliary losses, by name and without their weights. */
  auxiliary: Record<string, tf.Scalar>;
  /** Its share of the loss. */
  loss: () => tf.Scalar;
  state: FamState;
}

/** Reads a piece of the text, in which documents may end at the borders of blocks. */
export function readFixture(
  fixture: Fixture,
  weights: WeightMap,
  start: FamState,
  { schedule, from = 0, to = fixture.length, recurrence = {} }: Piece,
): FixtureReading {
  const { config, depth, options, length } = fixture;
  const { tokens, targets, loss_weights } = fixture.tensors('input.') as Record<string, tf.Tensor>;
  const table = weights['model.embed_tokens.weight']!;
  const stack = llamaStack(config, depth, weights);
  const losses = auxiliaryLosses(fixture, Math.floor(length / config.blockSize) * depth * fixture.rows);
  const hooks = { ...recurrence, ...losses.hooks };
  let state = start;
  const above = documentsOf(fixture, from, to).map(([first, end]) => {
    if (first > 0) state = begun(stack, fixture, state, first / config.blockSize);
    const x = embedding(table, tf.slice(tokens!, [0, first], [-1, end - first]));
    const read = readCalls(fixture, weights, x, state, [{ tokens: end - first, schedule }], {
      recurrence: hooks,
      stopGradient: options.stop_gradient,
      firstBlock: Math.floor(first / config.blockSize),
    });
    state = read.state;
    return read.x;
  });
  const normed = stack.finalNorm(above.length > 1 ? tf.concat(above, 1) : above[0]!);
  const logits = linear(normed, { weight: weights['lm_head.weight'] ?? table });
  const flat = (input: tf.Tensor) => tf.reshape(tf.slice(input, [0, from], [-1, to - from]), [-1]);
  const loss = () => {
    const rows = tf.reshape(logits, [-1, table.shape[0]!]);
    const entropy = tf.sum(tokenCrossEntropy(rows, flat(targets!), flat(loss_weights!)));
    return tf.addN([tf.div<tf.Scalar>(entropy, tf.sum(loss_weights!)), ...losses.weighted()]);
  };
  return { logits, loss, auxiliary: losses.sums(), state };
}

/** The tokens from … to cut where a document begins. */
function documentsOf({ config, options }: Fixture, from: number, to: number): [number, number][] {
  const borders = new Set((options.starts ?? []).flat().map((block) => block * config.blockSize));
  const inside = [...borders].filter((token) => token > from && token < to).sort((a, b) => a - b);
  const ends = [from, ...inside, to];
  return ends.slice(1).map((end, i) => [ends[i]!, end]);
}

/** The state at a border of blocks, where some rows may begin a document. */
function begun(stack: Stack, { options, rows }: Fixture, state: FamState, block: number): FamState {
  const continues = Array.from({ length: rows }, (_, row) => !(options.starts?.[row] ?? []).includes(block));
  if (!Number.isInteger(block) || !continues.includes(false)) return state;
  return continuedState(stack, state, continues, Array<number>(rows).fill(0));
}

/** The auxiliary losses that a case has, averaged over `count` rows, blocks and layers. */
function auxiliaryLosses({ options }: Fixture, count: number) {
  const losses = { diversity: diversityLoss, reconstruction: reconstructionLoss };
  const names = (Object.keys(losses) as (keyof typeof losses)[]).filter((name) => options[name]);
  const found = Object.fromEntries(names.map((name) => [name, [] as tf.Scalar[]]));
  const attend = (attended: Attended) => {
    for (const name of names) found[name]!.push(tf.div(losses[name](attended), count));
  };
  const sums = () =>
    Object.fromEntries(
      names.flatMap((name) => (found[name]!.length > 0 ? [[name, tf.addN(found[name]!) as tf.Scalar]] : [])),
    );
  return {
    hooks: names.length > 0 ? { attend } : {},
    sums,
    weighted: () =>
      Object.entries(sums()).map(([name, sum]) => tf.mul<tf.Scalar>(sum, options[name as 'diversity']!)),
  };
}
