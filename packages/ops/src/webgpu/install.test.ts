/** The webgpu backend runs our kernels, and they keep what is not a number. */
import { describeEachBackend } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import * as ops from '../index.ts';

describeEachBackend('the kernels of ops', (backend) => {
  const onWebGpu = test.runIf(backend === 'webgpu');
  onWebGpu.each([ops.embeddingOp, ops.gatedOp, ops.rmsNormOp, ops.rotaryOp, ops.tokenCrossEntropyOp])(
    '$kernelName and its gradient have kernels',
    ({ kernelName }) => {
      expect(tf.getKernel(kernelName, 'webgpu')).toBeDefined();
      expect(tf.getKernel(`${kernelName}Grad`, 'webgpu')).toBeDefined();
    },
  );

  onWebGpu('NaN passes through instead of becoming a number', async () => {
    const nan = tf.fill([1, 8], Number.NaN);
    const results = [
      ops.swiGLU(nan, nan),
      ops.geGLU(nan, nan),
      ops.rmsNorm(nan, undefined, 1e-6),
      ops.tokenCrossEntropy(nan, tf.zeros([1], 'int32'), tf.ones([1])),
    ];
    for (const result of results) expect([...(await result.data())].every(Number.isNaN)).toBe(true);
    tf.dispose([nan, ...results]);
  });

  onWebGpu('more values than the workgroups in one dimension of a grid compute', async () => {
    const gate = tf.fill([4_250_000], 20);
    const value = ops.swiGLU(gate, gate);
    const values = await value.data();
    expect(values.every((y) => Math.abs(y - 400) < 1e-3)).toBe(true);
    tf.dispose([gate, value]);
  });
});
