/** The small parts of training: schedules, disturbances, what is handed on, checkpoints of other runs. */
import { CheckpointError, setBackend } from '@famjs/backends';
import { compactState, recomputedGradients, stateTensors } from '@famjs/layer';
import { expectClose } from '@famjs/testing';
import { stream } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { recurrenceOf } from '../src/disturbance.ts';
import {
  constant,
  disturb,
  freshTraining,
  objectiveOf,
  packTraining,
  unpackTraining,
  valueAt,
} from '../src/index.ts';
import { copyTask, tinyConfig, tinyWeights } from './tiny.ts';

beforeAll(async () => {
  await setBackend('cpu');
});

describe('schedules', () => {
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
    expect(valueAt(constant(0.3), 77)).toBe(0.3);
  });
  test('rise again after a restart', () => {
    expect([4, 5, 7, 8].map((step) => valueAt(schedule, step, 5))).toEqual([0, 0.25, 0.75, 1]);
  });
});

describe('disturbances', () => {
  test('mixing moves each row towards one other, by at most its share', async () => {
    const one = tf.oneHot(tf.range(0, 4, 1, 'int32'), 4);
    const fam = tf.cast(tf.reshape(one, [4, 1, 4]), 'float32');
    const moved = (await disturb(fam, { noise: 0, mix: 0.3 }, stream(1, 'noise')).array()) as number[][][];
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
    const noise = tf.sub(disturb(fam, { noise: 0.1, mix: 0 }, stream(2, 'noise')), fam);
    const spread = (await tf.sqrt(tf.mean(tf.square(noise), [1, 2])).data()) as Float32Array;
    expect(spread[0]).toBeGreaterThan(0.08);
    expect(spread[1]! / spread[0]!).toBeGreaterThan(80);
    const slope = tf.grad((x) => tf.sum(tf.mul(disturb(x, { noise: 0.1, mix: 0.3 }, stream(2, 'noise')), 3)))(
      fam,
    );
    expect(new Set(await slope.data())).toEqual(new Set([3]));
  });

  test('a FAM that comes back from its disturbance has not changed; one that stays there has', async () => {
    const changes: tf.Tensor[] = [];
    const disturbed = { disturbance: { noise: 0.3, mix: 0 }, hold: 1 };
    const at = { layer: 0, block: 1, members: [0, 1] };
    const reading = { seed: 5, step: 0, block: 0 };
    const { disturb, observe } = recurrenceOf(disturbed, reading, (change) => changes.push(change));
    const fam = tf.ones([2, 3, 8]);
    observe!(fam, fam, at);
    observe!(fam, disturb!(fam, at), at);
    const [back, stayed] = await Promise.all(changes.map((change) => change.data()));
    expect(back![0]).toBe(0);
    expect(stayed![0]).toBeCloseTo(0.09, 1);
    expect(stayed![0]).toBeGreaterThan(0.04);
  });

  test('every block of every layer has its own, and whoever draws first changes none', async () => {
    const strength = { disturbance: { noise: 0.3, mix: 0.3 }, hold: 0 };
    const { disturb } = recurrenceOf(strength, { seed: 5, step: 2, block: 3 }, () => {});
    const fam = tf.ones([2, 1, 4]);
    const draw = async (layer: number, block: number) =>
      `${await disturb!(fam, { layer, block, members: [0, 1] }).data()}`;
    const drawn = [await draw(0, 0), await draw(0, 1), await draw(1, 0), await draw(1, 1)];
    expect(new Set(drawn).size).toBe(4);
    expect(await draw(0, 1)).toBe(drawn[1]);
    const later = recurrenceOf(strength, { seed: 5, step: 2, block: 4 }, () => {});
    expect(`${await later.disturb!(fam, { layer: 0, block: 0, members: [0, 1] }).data()}`).toBe(drawn[1]);
  });

  test.each([1, 2, 3, 4])(
    'segments of %i blocks change neither loss nor gradients',
    async (segmentBlocks) => {
      const batch = copyTask(3, 22).batch(0, 3);
      const found = (blocks: number) => {
        const options = { segmentBlocks: blocks, disturbance: { noise: 0.3, mix: 0.4 }, hold: 0.5 };
        const objective = objectiveOf(tinyConfig, batch, options, { seed: 7, step: 5 });
        const weights = tinyWeights(1);
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

describe('checkpoints of runs', () => {
  const state = () => {
    const weights = tinyWeights();
    return freshTraining(weights, Object.keys(weights), 0);
  };

  test.each([
    ['cut short', (bytes: Uint8Array) => bytes.slice(0, bytes.length - 3)],
    [
      'without notes',
      (bytes: Uint8Array) =>
        new TextEncoder().encode(new TextDecoder('latin1').decode(bytes).replace('training', 'trainung')),
    ],
    ['empty', () => new Uint8Array()],
  ])('%s are refused and leave nothing behind', async (_, damage) => {
    const bytes = damage(await packTraining(state()));
    const before = tf.memory().numTensors;
    expect(() => unpackTraining(bytes, tinyConfig)).toThrow(CheckpointError);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('of another model are refused', async () => {
    const bytes = await packTraining(state());
    const wider = { ...tinyConfig, family: { ...tinyConfig.family, intermediateWidth: 32 } };
    expect(() => unpackTraining(bytes, wider)).toThrow(/mlp\.gate_proj/);
  });
});
