/** The doctor calls sound what is sound, and finds every kernel that is broken. */
import { setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { checksHere, findingsOf, kernelsHere } from './examine.ts';
import { exactly } from './outcomes.ts';

const exact = await exactly();
await setBackend('wasm');

test('finds nothing wrong with wasm', async () => {
  expect(kernelsHere().length).toBeGreaterThan(12);
  expect(await findingsOf(checksHere(exact))).toEqual([]);
});

test('finds each kernel that is a little wrong, and one that no call checks', async () => {
  for (const name of kernelsHere()) {
    const kernel = tf.getKernel(name, 'wasm')!;
    const wrong: typeof kernel.kernelFunc = (args) => {
      const outputs = [kernel.kernelFunc(args)].flat() as tf.Tensor[];
      return outputs.map((output) => tf.mul(output, 1.01));
    };
    const checks = checksHere(exact).filter(({ of }) => of.includes(name.replace(/Grad$/, '')));
    tf.unregisterKernel(name, 'wasm');
    tf.registerKernel({ ...kernel, kernelFunc: wrong });
    try {
      expect([name, (await findingsOf(checks)).length > 0]).toEqual([name, true]);
    } finally {
      tf.unregisterKernel(name, 'wasm');
      tf.registerKernel(kernel);
    }
  }
  const stray = { kernelName: 'famjs/Stray', backendName: 'wasm', kernelFunc: () => [] };
  tf.registerKernel(stray);
  const checks = checksHere(exact).filter(({ of }) => of.includes('famjs/Stray'));
  expect(await findingsOf(checks)).toEqual([{ of: 'famjs/Stray', message: 'no call checks it' }]);
  tf.unregisterKernel('famjs/Stray', 'wasm');
});
