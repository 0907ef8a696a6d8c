/** What holds for every variant, position and number of sinks: schedules, saved states, lanes, causality. */
import { describeEachBackendOnce, runs } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compactState,
  continuedState,
  type FamChoices,
  type FamState,
  isPlace,
  type Preset,
  passedState,
  presets,
  receivedState,
  stateShapes,
} from '../src/index.ts';
import { influenceOf } from './influence.ts';
import { llamaStack } from './llama.ts';
import { expectAllClose, forwardTolerance, holds } from './property.ts';
import { restoreState, saveState } from './saved.ts';
import {
  calls,
  countedTensors,
  lengthOf,
  reachOf,
  readCalls,
  readText,
  type Stack,
  schedule,
  stacks,
  startOf,
  textOf,
  valuesOf,
  weightsOf,
} from './stacks.ts';

/** What a preset takes, and with what it is tried. */
const choices: Record<Preset, fc.Arbitrary<Partial<FamChoices>>> = {
  bswa: fc.constant({ famLength: 0 }),
  swa: fc.record({
    famLength: fc.constant(0),
    memorySegments: fc.constant(undefined),
    window: fc.integer({ min: 1, max: 9 }),
  }),
  txl: fc.record({ famLength: fc.constant(0), memorySegments: fc.integer({ min: 1, max: 3 }) }),
  fam: fc.constant({}),
  'fam-norm': fc.record({ norm: fc.constantFrom('unit' as const, 'initial' as const) }),
  'fam-no-residual': fc.constant({}),
  'fam-no-ff': fc.constant({}),
  'fam-n': fc.record({ visible: fc.integer({ min: 1, max: 4 }) }),
  'fam-prefix': fc.constant({}),
  sum: fc.record({ visible: fc.integer({ min: 1, max: 3 }) }),
  fm: fc.constant({ famLength: 0, sinks: 0 }),
  rmt: fc.constant({ memorySegments: 0, sinks: 0, position: 'last' }),
  autocompressor: fc.record({
    ...{ memorySegments: fc.constant(0), sinks: fc.constant(0), position: fc.constant('last' as const) },
    maxSummaries: fc.integer({ min: 1, max: 3 }),
  }),
};

const stacksOf = (variant: Preset): fc.Arbitrary<Stack> =>
  fc
    .tuple(stacks(), choices[variant], fc.constantFrom('last', 'float', 'zero'), fc.nat(2))
    .map(([stack, choice, position, sinks]) => {
      const { blockSize } = stack.config;
      const extra = { position, sinks: Math.min(sinks, blockSize) };
      const famLength = Math.max(1, stack.config.famLength);
      return { ...stack, config: { ...stack.config, famLength, variant, ...extra, ...choice } } as Stack;
    });

const few: readonly Preset[] = ['fam-norm', 'rmt'];

describeEachBackendOnce('Every variant', (backend) => {
  // What is tried here is the order of calls, which is the same everywhere.
  const most = backend === 'wasm' ? 3 : 1;

  // An emulated GPU gets one of each kind, and short texts: each of their shapes compiles shaders anew.
  const all = runs(presets.length, backend) === presets.length;

  describe.each(all ? presets : few)('%s', (variant) => {
    test('gives one result at every split of the text into calls', () =>
      holds(
        fc.tuple(stacksOf(variant), calls(14)),
        async ([stack, cut]) => {
          const whole = [{ tokens: lengthOf(cut), schedule: 'block' as const }];
          const [inCalls, atOnce] = [cut, whole].map((calls) =>
            valuesOf(() => {
              const { x, state } = readText(stack, calls);
              return { x, ...countedTensors(stack, state) };
            }),
          );
          await expectAllClose(await inCalls!, await atOnce!, forwardTolerance);
        },
        most,
      ));

    test('goes on from a saved state, whose tensors are those that its place calls for', () =>
      holds(
        fc.tuple(stacksOf(variant), calls(9), calls(9)),
        async ([stack, before, after]) => {
          const [read, unread] = [lengthOf(before), lengthOf(after)];
          const text = () =>
            tf.split(textOf(stack, read + unread), [read, unread], 1) as [tf.Tensor, tf.Tensor];
          const rest = await valuesOf(() => {
            const { x } = readText(stack, [...before, ...after], { x: tf.concat(text(), 1) });
            return { x: tf.slice(x, [0, read], [-1, unread]) };
          });
          const saved = await saveState(() =>
            compactState(readText(stack, before, { x: text()[0] }).state, reachOf(stack.config)),
          );
          const shapes = Object.entries(saved.tensors).map(([name, { shape }]) => [name, shape]);
          const weights = weightsOf(stack);
          const layers = llamaStack(stack.config, stack.depth, weights);
          expect(Object.fromEntries(shapes)).toEqual(stateShapes(layers, saved.place, stack.config.width));
          expect(isPlace(layers, saved.place)).toBe(true);
          const resumed = await valuesOf(() => ({
            x: readCalls(stack, weightsOf(stack), text()[1], restoreState(saved), after).x,
          }));
          await expectAllClose(resumed, rest, forwardTolerance);
          tf.dispose(weights);
        },
        most,
      ));

    test('lanes whose documents end at different places read each as if it were alone', () =>
      holds(
        fc.tuple(
          stacksOf(variant),
          fc.integer({ min: 1, max: all ? 4 : 1 }),
          fc.integer({ min: 1, max: all ? 3 : 1 }),
          calls(all ? 10 : 5),
        ),
        async ([random, blocks, more, cut]) => {
          const stack = { ...random, rows: 3 };
          const { blockSize } = stack.config;
          const scan = (blocks: number) => [{ tokens: blocks * blockSize, schedule: 'scan' as const }];
          const { lanes, alone } = await valuesOf(() => {
            const weights = weightsOf(stack);
            const layers = llamaStack(stack.config, stack.depth, weights);
            const [first, second] = [scan(blocks), scan(more)];
            const texts = textOf(stack, lengthOf(first) + lengthOf(second) + lengthOf(cut));
            const [a, b, c] = tf.split(
              texts,
              [lengthOf(first), lengthOf(second), lengthOf(cut)],
              1,
            ) as tf.Tensor[];
            const onward = (state: FamState, begins: number[]) =>
              continuedState(
                layers,
                state,
                [0, 1, 2].map((row) => !begins.includes(row)),
                [0, 0, 0],
              );
            let state = readCalls(stack, weights, a!, startOf(stack, weights), first).state;
            state = readCalls(stack, weights, b!, onward(state, [1]), second).state;
            const lanes = readCalls(stack, weights, c!, onward(state, [2]), cut).x;
            // Row 0 reads on, row 1 began after the first piece, row 2 after the second.
            const whole = [[a!, b!, c!], [b!, c!], [c!]].map((pieces, row) => {
              const text = tf.slice(tf.concat(pieces, 1), [row], [1]);
              const calls = [...[first, second].slice(row).flat(), ...cut];
              const one = { ...stack, rows: 1 };
              const { x } = readCalls(one, weights, text, startOf(one, weights), calls);
              return tf.slice(x, [0, x.shape[1]! - lengthOf(cut)]);
            });
            return { lanes, alone: tf.concat(whole) };
          });
          await expectAllClose({ x: lanes! }, { x: alone! }, forwardTolerance);
        },
        most,
      ));

    test('what random state passing hands on is what a text of whole blocks left behind', () =>
      holds(
        fc.tuple(stacksOf(variant), fc.integer({ min: 1, max: 4 })),
        async ([random, blocks]) => {
          const { config } = random;
          const stack = {
            ...random,
            config: { ...config, memorySegments: config.window ? undefined : config.memorySegments },
          };
          const cut = [{ tokens: blocks * config.blockSize, schedule: 'scan' as const }];
          const passes = config.famLength > 0;
          const values = await valuesOf(() => {
            const weights = weightsOf(stack as Stack);
            const layers = llamaStack(stack.config, stack.depth, weights);
            const { state } = readCalls(
              stack as Stack,
              weights,
              textOf(stack as Stack, lengthOf(cut)),
              startOf(stack as Stack, weights),
              cut,
            );
            const passed = passedState(layers.config, state);
            const received = receivedState(layers, passed, [0, 0, 0]);
            expect(received.rows).toEqual(
              Array(3).fill({ blocks: 0, updates: state.rows[0]!.updates, origin: 0 }),
            );
            const of = (given: FamState) =>
              given.summary ?? given.layers[0]!.fam?.activations ?? tf.zeros([3, 1, 1]);
            return { received: of(received), first: tf.tile(tf.slice(of(state), [0], [1]), [3, 1, 1]) };
          });
          if (passes) expect(values.received).toEqual(values.first);
        },
        Math.min(2, most),
      ));

    test('a token changes nothing before it', () =>
      holds(
        fc.tuple(stacksOf(variant), schedule, fc.nat(8)),
        async ([stack, schedule, t]) => {
          const influence = await influenceOf(t, t + stack.config.blockSize, stack, schedule);
          expect(influence.slice(0, t + 1)).toBe(`${'.'.repeat(t)}#`);
        },
        Math.min(2, most),
      ));
  });
});
