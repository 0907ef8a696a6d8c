/** Random small stacks of layers, their weights and their texts: the material of the properties. */
import { tidied } from '@famjs/backends';
import { isEmulated } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {
  compactState,
  type FamState,
  famConfig,
  type Moment,
  type ReadOptions,
  type Recurrence,
  readStack,
  type Schedule,
  schedules,
  startState,
  stateTensors,
  type WeightMap,
} from '../src/index.ts';
import { layerWeightNames, llamaStack, type Numbers } from './llama.ts';

/** What must be known of a stack to run it. */
export interface Layers {
  config: Numbers & { memorySegments: number; famLength: number };
  depth: number;
  rows: number;
}

/** A stack by its numbers. Weights and texts follow from the seed and are the same on every backend. */
export interface Stack extends Layers {
  seed: number;
}

/** A choice of sizes; the first of them where a program plays the GPU and compiles shaders anew for each. */
const size = <Value>(...sizes: Value[]): fc.Arbitrary<Value> =>
  fc.constant(undefined).chain(() => (isEmulated() ? fc.constant(sizes[0]!) : fc.constantFrom(...sizes)));

/**
 * Stacks of every shape; `fixed` holds parts of the configuration still. So few channels now and then nearly cancel, and
 * RMSNorm would magnify what rounding leaves of them: its epsilon is large.
 */
export function stacks(fixed: Partial<Layers['config']> = {}): fc.Arbitrary<Stack> {
  const among = (min: number, max: number) => fc.integer({ min, max });
  return size(3, 1, 2, 4).chain((blockSize) =>
    fc
      .record({
        depth: size(2, 1, 3),
        rows: size(2, 1),
        seed: among(1, 1e6),
        width: size(8, 6, 10),
        grouped: size([4, 2], [1, 1], [2, 1], [2, 2]),
        headWidth: size(2, 4),
        memorySegments: among(0, 3),
        famLength: among(0, blockSize),
        variant: fc.constantFrom('fam' as const, 'fam-norm' as const),
        position: fc.constantFrom('last' as const, 'float' as const),
        theta: fc.constantFrom(20, 10_000),
        normEpsilon: fc.constantFrom(1e-3, 1e-1),
      })
      .map(({ depth, rows, seed, grouped, ...numbers }) => {
        const [heads, keyValueHeads] = grouped as [number, number];
        return { config: { blockSize, heads, keyValueHeads, ...numbers, ...fixed }, depth, rows, seed };
      }),
  );
}

export const hasFam = ({ config }: Stack) => config.famLength > 0;

/** Every weight of a stack: layers with the names of `layerWeightNames`, and `fam.prompt` with FAM. */
export function weightsOf({ config, depth, seed }: Stack): Record<string, tf.Tensor> {
  const { width: d, heads: H, keyValueHeads: Hkv, headWidth: D, famLength: F, variant } = config;
  const shapes = [
    [d],
    [H * D, d],
    [Hkv * D, d],
    [Hkv * D, d],
    [d, H * D],
    [d],
    [2 * d, d],
    [2 * d, d],
    [d, 2 * d],
  ];
  const named = Array.from({ length: depth }, (_, l) =>
    layerWeightNames(l).map((name, i) => [name, shapes[i]!]),
  );
  const fams = Array.from({ length: depth }, (_, l) => [`fam.prefix.${l}`, [F, d]]);
  const fam = F > 0 ? [['fam.prompt', [F, d]], ...(variant === 'fam-prefix' ? fams : [])] : [];
  const all = [...named.flat(), ...fam] as [string, number[]][];
  return Object.fromEntries(
    all.map(([name, shape], index) => {
      const [mean, spread] = shape.length === 1 ? [1, 0.2] : [0, 1 / Math.sqrt(shape[1]!)];
      return [name, tf.randomNormal(shape, mean, spread, 'float32', seed + index)];
    }),
  );
}

/** Random activations [rows, tokens, d] that the lowest layer receives. */
export function textOf({ config, rows, seed }: Stack, tokens: number): tf.Tensor {
  return tf.randomNormal([rows, tokens, config.width], 0, 1, 'float32', seed + 1000);
}

/** The state before the first token of a text. */
export function startOf({ config, depth, rows }: Layers, weights: WeightMap, origin = 0): FamState {
  return startState(llamaStack(config, depth, weights), Array<number>(rows).fill(origin));
}

/** How a text is handed over: in calls of so many tokens, each by its schedule. */
export type Calls = readonly { tokens: number; schedule: Schedule }[];

export const schedule = fc.constantFrom(...schedules);

/** A text of up to `most` tokens, in one scan or cut into calls at random. */
export function calls(most: number): fc.Arbitrary<Calls> {
  const scan = fc
    .integer({ min: Math.ceil(most / 2), max: most })
    .map((tokens) => [{ tokens, schedule: 'scan' as const }]);
  const call = fc.record({ tokens: fc.integer({ min: 1, max: Math.ceil(most / 2) }), schedule });
  const cut = fc.array(call, { minLength: 1, maxLength: 6 }).map((all) => {
    const kept: typeof all = [];
    for (const next of all) if (lengthOf(kept) + next.tokens <= most) kept.push(next);
    return kept;
  });
  return fc.oneof(scan, cut);
}

export const lengthOf = (cut: Calls) => cut.reduce((sum, { tokens }) => sum + tokens, 0);

/**
 * Reads a text call by call: the activations [rows, tokens, d] above the stack, and the state after them.
 *
 * @param options `firstBlock` is the number of the first block for the hooks; that of the text unless given
 */
export function readCalls(
  { config, depth }: Layers,
  weights: WeightMap,
  x: tf.Tensor,
  from: FamState,
  cut: Calls,
  {
    firstBlock = from.rows[0]!.blocks,
    ...options
  }: Omit<ReadOptions, 'schedule'> & { firstBlock?: number } = {},
): { x: tf.Tensor; state: FamState } {
  const stack = llamaStack(config, depth, weights);
  let [state, start] = [from, 0];
  const above = cut.map(({ tokens, schedule }) => {
    const piece = tf.slice(x, [0, start], [-1, tokens]);
    const before = firstBlock + state.rows[0]!.blocks - from.rows[0]!.blocks;
    const recurrence = inText(options.recurrence, before);
    const read = readStack(stack, piece, state, { ...options, recurrence, schedule });
    [state, start] = [read.state, start + tokens];
    return read.x();
  });
  return { x: tf.concat(above, 1), state };
}

/** The hooks with blocks counted from the beginning of the text, of which `before` lie before the call. */
function inText({ disturb, observe, attend }: Recurrence = {}, before: number): Recurrence {
  const later = (at: Moment): Moment => ({ ...at, block: before + at.block });
  return {
    disturb: disturb && ((fam, at) => disturb(fam, later(at))),
    observe: observe && ((earlier, after, at) => observe(earlier, after, later(at))),
    attend: attend && ((attended, at) => attend(attended, later(at))),
  };
}

/** Reads the stack's own text, or another, from before its first token. */
export function readText(
  stack: Stack,
  cut: Calls,
  { x = textOf(stack, lengthOf(cut)), origin }: { x?: tf.Tensor; origin?: number } = {},
): { x: tf.Tensor; state: FamState } {
  const weights = weightsOf(stack);
  return readCalls(stack, weights, x, startOf(stack, weights, origin), cut);
}

/** The tensors of a state with nothing in them but what counts. */
export const countedTensors = ({ config }: Layers, state: FamState): Record<string, tf.Tensor> =>
  stateTensors(compactState(state, reachOf(config)));

/** Tokens before the open block that are still visible. */
export function reachOf(numbers: Layers['config']): number {
  const { blockSize, memorySegments } = famConfig(numbers);
  return memorySegments * blockSize;
}

/** The values of named tensors, of which nothing is left. */
export async function valuesOf(
  compute: () => Record<string, tf.Tensor>,
): Promise<Record<string, Float32Array>> {
  const tensors = tidied(compute);
  const read = Object.entries(tensors).map(async ([name, tensor]) => [name, await tensor.data()]);
  const values = Object.fromEntries(await Promise.all(read));
  tf.dispose(tensors);
  return values;
}
