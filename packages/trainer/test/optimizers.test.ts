/// <reference types="vite/client" />
/** Optimizers against the published algorithms in float64 (tooling/oracle), over 20 steps, and clipping by the global norm. */
import { describeEachBackend, expectClose } from '@famjs/testing';
import { decodeTensors, readSafetensors, stream, uploadValues } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { adafactor, adamW, globalNorm, type Optimizer } from '../src/index.ts';

/** Data URLs by path: tests in browsers have no file system. */
const files = import.meta.glob<string>('../../../tooling/oracle/fixtures/optimizers/*.safetensors', {
  query: '?url&inline',
  import: 'default',
  eager: true,
});

const fixtures = Object.entries(files).map(([path, url]) => {
  const bytes = Uint8Array.from(atob(url.slice(url.indexOf(',') + 1)), (byte) => byte.charCodeAt(0));
  const { tensors, metadata } = readSafetensors(bytes);
  const { rate, weight_decay, clip, ...settings } = JSON.parse(metadata.settings!);
  const optimizer: Optimizer =
    metadata.optimizer === 'adamw'
      ? adamW({ ...settings, weightDecay: weight_decay, decayVectors: true, clipNorm: 1e30 })
      : adafactor({ ...settings, clip });
  return { name: /([\w-]+)\.safetensors/.exec(path)![1]!, rate, optimizer, values: decodeTensors(tensors) };
});

const part = (tensors: Record<string, tf.Tensor>, prefix: string) =>
  Object.fromEntries(
    Object.entries(tensors)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  );

/** Weights after each update, and how many tensors updates leave behind beside them. */
function trained(
  optimizer: Optimizer,
  rate: number,
  start: Record<string, tf.Tensor>,
  gradients: Record<string, tf.Tensor>[],
) {
  const shapes = Object.fromEntries(Object.entries(start).map(([name, { shape }]) => [name, shape]));
  let weights = start;
  let slots: Record<string, tf.Tensor> = Object.fromEntries(
    Object.entries(optimizer.init(shapes)).map(([name, shape]) => [name, tf.zeros([...shape])]),
  );
  return gradients.map((gradients, step) => {
    const norm = globalNorm(gradients);
    const next = optimizer.update({ weights, gradients, slots, norm, step, rate });
    expect(Object.keys(next.slots).sort()).toEqual(Object.keys(slots).sort());
    for (const [name, slot] of Object.entries(next.slots)) expect(slot.shape).toEqual(slots[name]!.shape);
    weights = next.weights as Record<string, tf.Tensor>;
    slots = next.slots as Record<string, tf.Tensor>;
    return weights;
  });
}

describeEachBackend('optimizers', () => {
  test.each(fixtures)('$name is the published algorithm', async ({ rate, optimizer, values }) => {
    const stored = uploadValues(values);
    const [start, all, expected] = ['weights.', 'gradients.', 'output.'].map((prefix) =>
      part(stored, prefix),
    );
    const steps = Object.values(all!)[0]!.shape[0]!;
    expect(steps).toBe(20);
    const at = (tensors: Record<string, tf.Tensor>, step: number) =>
      Object.fromEntries(
        Object.entries(tensors).map(([name, tensor]) => [
          name,
          tf.reshape(tf.slice(tensor, step, 1), start![name]!.shape),
        ]),
      );
    const after = trained(
      optimizer,
      rate,
      start!,
      Array.from({ length: steps }, (_, step) => at(all!, step)),
    );
    for (const step of [0, 1, 5, 19]) {
      for (const [name, weight] of Object.entries(at(expected!, step))) {
        const tolerance = { relative: 1e-5, absolute: 2e-6 };
        await expectClose(after[step]![name]!, await weight.data(), tolerance, `${name} after ${step + 1}`);
      }
    }
    tf.disposeVariables();
  });

  test('AdamW clips gradients together, and a weight without one has the gradient 0', async () => {
    const random = stream(0, 'data');
    const tensor = () => tf.tensor(random.normals(12), [3, 4]);
    const [a, b, g, h] = [tensor(), tensor(), tensor(), tensor()];
    const gradients = { a: g!, b: h! };
    const norm = Math.sqrt((await tf.addN([tf.sum(tf.square(g!)), tf.sum(tf.square(h!))]).data())[0]!);
    await expectClose(globalNorm(gradients), [norm], { relative: 1e-5, absolute: 0 });
    const shrunk = { a: tf.div(g!, norm), b: tf.div(h!, norm) };
    const start = { a: a!, b: b! };
    const epsilon = 0.1;
    const [clipped] = trained(adamW({ clipNorm: 1, epsilon }), 0.1, start, [gradients]);
    const [expected] = trained(adamW({ clipNorm: 1e9, epsilon }), 0.1, start, [shrunk]);
    for (const name of ['a', 'b']) {
      await expectClose(clipped![name]!, await expected![name]!.data(), { relative: 1e-5, absolute: 1e-6 });
    }
    for (const optimizer of [adamW({ weightDecay: 0 }), adafactor()]) {
      const [still] = trained(optimizer, 0.1, start, [{ a: g! }]);
      await expectClose(still!.b!, await b!.data(), { relative: 0, absolute: 0 });
    }
    tf.dispose([a!, b!, g!, h!]);
  });
});
