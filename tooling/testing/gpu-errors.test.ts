/** What would only be logged fails a test: shaders and calls that the GPU refuses. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { watchGpu } from './gpu-errors.ts';
import { describeEachGpu } from './lost-device.ts';

describeEachGpu('a watched GPU', () => {
  test('says nothing of work that is right', async () => {
    const settle = watchGpu();
    await tf.tidy(() => tf.matMul(tf.ones([64, 64]), tf.ones([64, 64]))).data();
    expect(await settle()).toEqual([]);
  });

  test('tells of work that it refuses', async () => {
    const settle = watchGpu();
    const backend = tf.backend() as { device?: GPUDevice; gpgpu?: { gl: WebGL2RenderingContext } };
    backend.device?.createShaderModule({ code: '@compute @workgroup_size(1) fn main() { no_such_call(); }' });
    backend.gpgpu?.gl.enable(0xffff);
    expect(await settle()).toHaveLength(1);
    expect(await watchGpu()()).toEqual([]);
  });
});
