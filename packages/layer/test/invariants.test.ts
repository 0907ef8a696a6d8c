/** The eight invariants of the specification, on random stacks. */
import { listBackends, setBackend, tidied } from '@famjs/backends';
import { describeEachBackendOnce, runs } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { disposeState, type FamState } from '../src/index.ts';
import { denseText, type Mask } from './dense.ts';
import { influenceOf } from './influence.ts';
import { expectAllClose, forwardTolerance, holds } from './property.ts';
import { restoreState, saveState } from './saved.ts';
import {
  calls,
  countedTensors,
  hasFam,
  lengthOf,
  readCalls,
  readText,
  schedule,
  stacks,
  startOf,
  textOf,
  valuesOf,
  weightsOf,
} from './stacks.ts';

/** "#" for those of `tokens` tokens that lie in first … end − 1, "." for the others. */
const picture = (tokens: number, first: number, end = tokens) =>
  Array.from({ length: tokens }, (_, t) => (t >= first && t < end ? '#' : '.')).join('');

describeEachBackendOnce('Invariants', (backend) => {
  test('1. causality: a token changes its own activation and none before it', () =>
    holds(fc.tuple(stacks(), schedule, fc.nat(8)), async ([stack, schedule, t]) => {
      const influence = await influenceOf(t, t + stack.config.blockSize, stack, schedule);
      expect(influence.slice(0, t + 1)).toBe(picture(t + 1, t));
    }));

  test('2. FAM reach: without memory segments the first token reaches the last if and only if there is FAM', () =>
    holds(fc.tuple(stacks({ memorySegments: 0 }), schedule), async ([stack, schedule]) => {
      const { blockSize } = stack.config;
      const tokens = 6 * blockSize + 1;
      const influence = await influenceOf(0, tokens, stack, schedule);
      expect(influence).toBe(picture(tokens, 0, hasFam(stack) ? tokens : blockSize));
    }));

  test('3. receptive field: L layers with m segments see from L · m blocks back on, to the token', () =>
    holds(fc.tuple(stacks({ famLength: 0 }), schedule, fc.nat(5)), async ([stack, schedule, t]) => {
      const { blockSize, memorySegments } = stack.config;
      const end = (Math.floor(t / blockSize) + stack.depth * memorySegments + 1) * blockSize;
      expect(await influenceOf(t, end + 2, stack, schedule)).toBe(picture(end + 2, t, end));
    }));

  test('4. without FAM it is block sliding window attention; in one block, full causal attention', () =>
    holds(fc.tuple(stacks({ famLength: 0 }), calls(14)), async ([stack, cut]) => {
      const { blockSize, memorySegments } = stack.config;
      const block = (t: number) => Math.floor(t / blockSize);
      const window: Mask = (query, key) => key <= query && block(key) >= block(query) - memorySegments;
      const whole = { ...stack, config: { ...stack.config, blockSize: lengthOf(cut) + 1 } };
      const read = await valuesOf(() => ({ window: readText(stack, cut).x, causal: readText(whole, cut).x }));
      const expected = {
        window: await denseText(stack, lengthOf(cut), window),
        causal: await denseText(stack, lengthOf(cut), (query, key) => key <= query),
      };
      await expectAllClose(read, expected, forwardTolerance);
    }));

  test('5. step, scan and block by block agree at every split of the text into calls', () =>
    holds(fc.tuple(stacks(), calls(14)), async ([stack, cut]) => {
      const whole = [{ tokens: lengthOf(cut), schedule: 'block' as const }];
      const [inCalls, atOnce] = [cut, whole].map((calls) =>
        valuesOf(() => {
          const { x, state } = readText(stack, calls);
          return {
            x,
            ...countedTensors(stack, state),
            filled: tf.scalar(state.filled),
            blocks: tf.scalar(state.rows[0]!.blocks),
          };
        }),
      );
      await expectAllClose(await inCalls!, await atOnce!, forwardTolerance);
    }));

  test('6. translation: absolute positions from any origin give the block-relative result', () =>
    holds(
      fc.tuple(stacks(), calls(14), fc.integer({ min: -1e6, max: 1e6 })),
      async ([stack, cut, origin]) => {
        const [absolute, relative] = [{ origin }, {}].map((positions) =>
          valuesOf(() => ({ x: readText(stack, cut, positions).x })),
        );
        await expectAllClose(await absolute!, await relative!, forwardTolerance);
      },
    ));

  test('7. a state saved and restored, on this or another backend, continues as if never interrupted', async () => {
    const started = (await listBackends()).filter(({ started }) => started).map(({ name }) => name);
    await holds(fc.tuple(stacks(), calls(8), calls(8)), async ([stack, before, after]) => {
      const [read, unread] = [lengthOf(before), lengthOf(after)];
      const text = () => tf.split(textOf(stack, read + unread), [read, unread], 1) as [tf.Tensor, tf.Tensor];
      const rest = await valuesOf(() => {
        const { x } = readText(stack, [...before, ...after], { x: tf.concat(text(), 1) });
        return { x: tf.slice(x, [0, read], [-1, unread]) };
      });
      const saved = await saveState(() => readText(stack, before, { x: text()[0] }).state);
      for (const name of [...started.filter((name) => name !== backend), backend]) {
        await setBackend(name);
        const resumed = await valuesOf(() => {
          const { x } = readCalls(stack, weightsOf(stack), text()[1], restoreState(saved), after);
          return { x };
        });
        await expectAllClose(resumed, rest, forwardTolerance);
      }
    });
  });

  test('8. the size of the state and the work for a token do not grow with the text', () =>
    holds(
      stacks(),
      async (stack) => {
        const { blockSize, memorySegments } = stack.config;
        const weights = weightsOf(stack);
        const x = textOf(stack, 1);
        let state: FamState = tidied(() => startOf(stack, weights));
        const readNext = () => {
          const next = tidied(() => readCalls(stack, weights, x, state, [{ tokens: 1, schedule: 'step' }]));
          disposeState(state);
          next.x.dispose();
          state = next.state;
        };
        const work = async () => {
          const { kernels } = await tf.profile(readNext);
          const { numTensors, numBytes } = tf.memory();
          const names = kernels.map(({ name, outputShapes }) => `${name} ${JSON.stringify(outputShapes)}`);
          return [`${numTensors} tensors of ${numBytes} bytes`, ...names];
        };
        // Logs are cut to what is visible with every block.
        const round = blockSize;
        const readRounds = (rounds: number) => {
          for (let token = 0; token < rounds * round; token++) readNext();
        };
        const workOfRound = async () => {
          const found: string[][] = [];
          for (let token = 0; token < round; token++) found.push(await work());
          return found;
        };
        readRounds(4 + memorySegments);
        const onceFull = await workOfRound();
        readRounds(runs(8));
        expect(await workOfRound()).toEqual(onceFull);
        disposeState(state);
        tf.dispose([x, weights]);
      },
      2,
    ));
});
