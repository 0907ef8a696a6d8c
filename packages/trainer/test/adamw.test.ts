/** AdamW against the textbook in float64. */
import { describeEachBackend, expectClose, runs } from '@famjs/testing';
import { stream } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { test } from 'vitest';
import { type AdamWConfig, adamW, zeroMoments } from '../src/index.ts';

/** The update of Loshchilov and Hutter's Algorithm 2, one number at a time, after clipping by the global norm. */
function textbook(
  weights: number[][],
  gradients: number[][][],
  rates: number[],
  decays: boolean[],
  config: AdamWConfig,
) {
  const m = weights.map((w) => w.map(() => 0));
  const v = weights.map((w) => w.map(() => 0));
  gradients.forEach((gradient, t) => {
    const norm = Math.sqrt(gradient.flat().reduce((sum, g) => sum + g * g, 0));
    const shrink = Math.min(1, config.clipNorm / norm);
    weights.forEach((w, tensor) => {
      w.forEach((value, i) => {
        const g = gradient[tensor]![i]! * shrink;
        m[tensor]![i] = config.beta1 * m[tensor]![i]! + (1 - config.beta1) * g;
        v[tensor]![i] = config.beta2 * v[tensor]![i]! + (1 - config.beta2) * g * g;
        const mean = m[tensor]![i]! / (1 - config.beta1 ** (t + 1));
        const square = v[tensor]![i]! / (1 - config.beta2 ** (t + 1));
        const decay = decays[tensor] ? config.weightDecay * value : 0;
        w[i] = value - rates[t]! * (mean / (Math.sqrt(square) + config.epsilon) + decay);
      });
    });
  });
  return weights;
}

describeEachBackend('AdamW', () => {
  test('is the textbook, over random weights, gradients and settings', async () => {
    const settings = fc.record({
      seed: fc.nat(),
      rows: fc.integer({ min: 1, max: 5 }),
      width: fc.integer({ min: 1, max: 9 }),
      scale: fc.constantFrom(1e-4, 1, 1e4),
      clipNorm: fc.constantFrom(0.5, 1e6),
      weightDecay: fc.constantFrom(0, 0.1),
      epsilon: fc.constantFrom(1e-8, 1e-3),
    });
    await fc.assert(
      fc.asyncProperty(settings, async ({ seed, rows, width, scale, ...rest }) => {
        const { normals } = stream(seed, 'data');
        const config: AdamWConfig = { beta1: 0.9, beta2: 0.99, ...rest };
        const shapes: [string, number[]][] = [
          ['matrix', [rows, width]],
          ['gain', [width]],
        ];
        const size = (shape: number[]) => shape.reduce((product, n) => product * n, 1);
        let weights: Record<string, tf.Tensor> = Object.fromEntries(
          shapes.map(([name, shape]) => [name, tf.tensor(normals(size(shape)), shape)]),
        );
        const begin = await Promise.all(
          shapes.map(async ([name]) => Array.from(await weights[name]!.data())),
        );
        let moments = zeroMoments(weights, ['matrix', 'gain']);
        const rates = [1e-2, 3e-3, 1e-3];
        const gradients = rates.map(() =>
          shapes.map(([, shape]) => normals(size(shape)).map((g) => g * scale)),
        );
        rates.forEach((rate, step) => {
          const given = Object.fromEntries(
            shapes.map(([name, shape], i) => [name, tf.tensor(gradients[step]![i]!, shape)]),
          );
          const { norm, ...next } = adamW(weights, given, moments, step, rate, config);
          tf.dispose([weights, moments.mean, moments.square, given, norm]);
          ({ weights, moments } = next);
        });
        const expected = textbook(
          begin,
          gradients.map((step) => step.map((g) => Array.from(g))),
          rates,
          [true, false],
          config,
        );
        for (const [i, [name]] of shapes.entries()) {
          await expectClose(weights[name]!, expected[i]!, { relative: 1e-5, absolute: 1e-6 }, name);
        }
        tf.dispose([weights, moments.mean, moments.square]);
      }),
      { numRuns: runs(12) },
    );
  });
});
