/** The small parts of training: ramps and disturbances. */
import { setBackend } from '@famjs/backends';
import { compactState, recomputedGradients, stateTensors } from '@famjs/layer';
import { expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Disturbance, recurrenceOf } from '../src/disturbance.ts';
import { crossEntropy, disturb, freshTraining, valueAt, watchFam } from '../src/index.ts';
import { partsOf } from '../src/parts.ts';
import { settingsOf } from '../src/settings.ts';
import { stepOf } from '../src/train-step.ts';
import { copyTask, tinyConfig, tinyConfigOf, tinyTraining, tinyWeights } from './tiny.ts';

/** A block of a layer in a batch of so many rows. */
const at = (rows: number, layer = 0, block = 0) => ({
  ...{ layer, block },
  members: Array.from({ length: rows }, (_, row) => row),
});

beforeAll(async () => {
  await setBackend('cpu');
});

describe('ramps', () => {
  const schedule = {
    warmup: 4,
    pieces: [
      { steps: 10, from: 1, to: 1 },
      { steps: 10, from: 1, to: 0, shape: 'cosine' as const },
    ],
  };
  test('rise, hold, fall and stay', () => {
    expect([0, 3, 9, 10].map((step) => valueAt(schedule, step))).toEqual([0.25, 1, 1, 1]);
    expect(valueAt(schedule, 15)).toBeCloseTo(0.5);
    expect([20, 1000].map((step) => valueAt(schedule, step))).toEqual([0, 0]);
    expect(valueAt(0.3, 77)).toBe(0.3);
  });
  test('rise again after a restart', () => {
    expect([4, 5, 7, 8].map((step) => valueAt(schedule, step, 5))).toEqual([0, 0.25, 0.75, 1]);
  });
});

describe('disturbances', () => {
  test('mixing moves each row towards one other, by at most its share', async () => {
    const fam = tf.cast(tf.reshape(tf.oneHot(tf.range(0, 4, 1, 'int32'), 4), [4, 1, 4]), 'float32');
    const moved = (await disturb(
      fam,
      { noise: 0, mix: 0.3 },
      { seed: 1, step: 0, block: 0 },
      at(4),
    ).array()) as number[][][];
    moved.forEach(([row], b) => {
      const shares = row!.filter((_, i) => i !== b);
      const share = Math.max(...shares);
      expect(share).toBeLessThanOrEqual(0.3);
      expect(row![b]! + share).toBeCloseTo(1);
      expect(shares.filter((value) => value > 0).length).toBeLessThanOrEqual(1);
    });
    expect(moved.some(([row], b) => row![b]! < 1)).toBe(true);
  });

  test('noise is relative to the size of an activation, and the gradient passes as it is', async () => {
    const fam = tf.mul(tf.ones([2, 3, 64]), tf.tensor([1, 100], [2, 1, 1]));
    const noise = tf.sub(disturb(fam, { noise: 0.1, mix: 0 }, { seed: 2, step: 0, block: 0 }, at(2)), fam);
    const spread = (await tf.sqrt(tf.mean(tf.square(noise), [1, 2])).data()) as Float32Array;
    expect(spread[0]).toBeGreaterThan(0.08);
    expect(spread[1]! / spread[0]!).toBeGreaterThan(80);
    const slope = tf.grad((x) =>
      tf.sum(tf.mul(disturb(x, { noise: 0.1, mix: 0.3 }, { seed: 2, step: 0, block: 0 }, at(2)), 3)),
    )(fam);
    expect(new Set(await slope.data())).toEqual(new Set([3]));
  });

  test('a FAM that comes back from its disturbance has not changed; one that stays there has', async () => {
    const changes: tf.Tensor[] = [];
    const disturbed = { noise: 0.3, mix: 0, hold: 1 };
    const here = at(2, 0, 1);
    const reading = { seed: 5, step: 0, block: 0 };
    const { disturb, observe } = recurrenceOf(tinyConfig.fam, disturbed, reading, (change) =>
      changes.push(change),
    );
    const fam = tf.ones([2, 3, 8]);
    observe!(fam, fam, here);
    observe!(fam, disturb!(fam, here), here);
    const [back, stayed] = await Promise.all(changes.map((change) => change.data()));
    expect(back![0]).toBe(0);
    expect(stayed![0]).toBeCloseTo(0.09, 1);
    expect(stayed![0]).toBeGreaterThan(0.04);
  });

  test('a change is a share of the size of FAM where that is not 1, and the prompt is no measure', async () => {
    const { fam } = tinyConfigOf({ variant: 'fam-norm', norm: 'initial' });
    const changes: tf.Tensor[] = [];
    const strength = { noise: 0, mix: 0, hold: 1 };
    const { observe } = recurrenceOf(fam, strength, { seed: 5, step: 0, block: 0 }, (change) =>
      changes.push(change),
    );
    const before = tf.mul(tf.ones([2, 3, 8]), tf.tensor([10, 100], [2, 1, 1]));
    observe!(before, tf.mul(before, 2), at(2, 0, 0));
    observe!(before, tf.mul(before, 1.2), at(2, 0, 1));
    expect(changes).toHaveLength(1);
    expect((await changes[0]!.data())[0]).toBeCloseTo(0.04, 5);
  });

  test('every block of every layer has its own, and whoever draws first changes none', async () => {
    const strength = { noise: 0.3, mix: 0.3, hold: 0 };
    const { disturb } = recurrenceOf(tinyConfig.fam, strength, { seed: 5, step: 2, block: 3 }, () => {});
    const fam = tf.ones([2, 1, 4]);
    const draw = async (layer: number, block: number) =>
      `${await disturb!(fam, { layer, block, members: [0, 1] }).data()}`;
    const drawn = [await draw(0, 0), await draw(0, 1), await draw(1, 0), await draw(1, 1)];
    expect(new Set(drawn).size).toBe(4);
    expect(await draw(0, 1)).toBe(drawn[1]);
    const later = recurrenceOf(tinyConfig.fam, strength, { seed: 5, step: 2, block: 4 }, () => {});
    expect(`${await later.disturb!(fam, { layer: 0, block: 0, members: [0, 1] }).data()}`).toBe(drawn[1]);
  });

  test.each(['fm', 'rmt', 'autocompressor'] as const)('%s has no FAM to disturb, and says so', (variant) => {
    const config = tinyConfigOf({ variant, memorySegments: 0, ...(variant === 'fm' && { famLength: 0 }) });
    const batch = copyTask(3, 22).batch(0, 3);
    const weights = tinyWeights(1, config);
    const step = (disturbance: Disturbance) =>
      stepOf(
        config,
        partsOf(batch)[0]!,
        settingsOf(tinyTraining({ disturbance })),
        freshTraining(weights, 7),
      );
    expect(() => step({ mix: 0.2 })).toThrow(/Noise 0 and mix 0.2 were asked of .*no FAM/);
    expect(() => step({ hold: 0.1 })).not.toThrow();
    tf.dispose(weights);
  });

  test.each([1, 2, 3, 4])(
    'segments of %i blocks change neither loss nor gradients',
    async (segmentBlocks) => {
      const batch = copyTask(3, 22).batch(0, 3);
      const found = (blocks: number) => {
        const disturbance = { noise: 0.3, mix: 0.4, hold: 0.5 };
        const settings = settingsOf(tinyTraining({ segmentBlocks: blocks, disturbance }));
        const weights = tinyWeights(1);
        const fresh = { ...freshTraining(weights, 7), step: 5 };
        const objective = crossEntropy.of(stepOf(tinyConfig, partsOf(batch)[0]!, settings, fresh));
        const { loss, gradients, state } = recomputedGradients(objective.pass, weights, Object.keys(weights));
        return { loss, ...gradients, ...stateTensors(compactState(state)) } as Record<string, tf.Tensor>;
      };
      const [whole, cut] = [found(6), found(segmentBlocks)];
      for (const [name, tensor] of Object.entries(whole)) {
        await expectClose(cut[name]!, await tensor.data(), { relative: 1e-5, absolute: 1e-6 }, name);
      }
    },
  );
});

test('FAM is watched layer by layer: its size and change, and what attention goes where; nothing is left behind', async () => {
  const { blockSize: C, famLength: F } = tinyConfig.fam;
  const weights = tinyWeights(1);
  // Queries that are 0 in the lowest layer look at all that they see alike.
  weights['model.layers.0.self_attn.q_proj.weight'] = tf.zerosLike(
    weights['model.layers.0.self_attn.q_proj.weight']!,
  );
  const before = tf.memory().numTensors;
  const batch = copyTask(3, 3 * C).batch(0, 0);
  const { size, change, attention } = await watchFam({ config: tinyConfig, weights }, batch);
  expect(size).toHaveLength(tinyConfig.layers);
  for (const layer of size) expect(layer).toBeCloseTo(1, 3);
  for (const layer of change) expect(layer > 0 && layer < 4).toBe(true);
  const seen = (block: number, t: number) => F + Math.min(block, 1) * C + t + 1;
  const tokens = [0, 1, 2].flatMap((block) => Array.from({ length: C }, (_, t) => [block, t] as const));
  const mean = (of: (block: number, t: number) => number) =>
    tokens.reduce((sum, [block, t]) => sum + of(block, t) / seen(block, t), 0) / tokens.length;
  expect(attention.fam[0]).toBeCloseTo(
    mean(() => F),
    5,
  );
  expect(attention.memory[0]).toBeCloseTo(
    mean((block) => Math.min(block, 1) * C),
    5,
  );
  expect(attention.own[0]).toBeCloseTo(
    mean((_, t) => t + 1),
    5,
  );
  expect(attention.fam[1]! + attention.memory[1]! + attention.own[1]!).toBeCloseTo(1, 5);
  expect(attention.sinks).toEqual([0, 0]);
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose(weights);
});
