/** Kernels of ours on each backend: the last registration counts, and a kernel that throws or makes too much leaves nothing. */
import { type BackendName, type Kernel, setBackend } from '@famjs/backends';
import { registerCpuKernels } from '@famjs/backends/cpu';
import { registerTensorFlowKernels } from '@famjs/backends/tensorflow';
import { registerWasmKernels, type WasmHost } from '@famjs/backends/wasm';
import { registerWebglKernels, type WebglHost } from '@famjs/backends/webgl';
import { registerWebGpuKernels, type WebGpuHost } from '@famjs/backends/webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { describeEachBackend } from './backends.ts';

type Maker = (shape: number[]) => tf.TensorInfo;
type Body = (make: Maker, x: tf.Tensor) => tf.TensorInfo | tf.TensorInfo[];

/** (module (import "env" "memory" (memory 0))) */
const emptyModule = btoa(
  String.fromCharCode(
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x02, 0x0f, 0x01, 0x03, 0x65, 0x6e, 0x76, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x00],
  ),
);

const load = async () => ({ binary: emptyModule });

const register: Record<BackendName, (kernelName: string, body: Body) => void | Promise<void>> = {
  cpu: (kernelName, body) =>
    registerCpuKernels([
      entry(kernelName, body, (host) => (shape) => host.output(shape, new Float32Array(sizeOf(shape)))),
    ]),
  tensorflow: (kernelName, body) =>
    registerTensorFlowKernels([entry(kernelName, body, () => (shape) => tf.zeros(shape))]),
  wasm: (kernelName, body) =>
    registerWasmKernels<unknown>({ simd: load, relaxed: load }, [
      entry(kernelName, body, (host: WasmHost<unknown>) => (shape) => host.output(shape).info),
    ]),
  webgl: (kernelName, body) =>
    registerWebglKernels([
      entry(kernelName, body, (host: WebglHost) => (shape) => {
        const width = shape.at(-1)!;
        return host.compute({ shape, width, code: 'vec4 values(int row, int column) { return vec4(1.0); }' });
      }),
    ]),
  webgpu: (kernelName, body) =>
    registerWebGpuKernels([entry(kernelName, body, (host: WebGpuHost) => (shape) => host.output(shape))]),
};

function entry<Host>(kernelName: string, body: Body, makerOf: (host: Host) => Maker) {
  const kernel: Kernel<Host, { x: tf.Tensor }, object> = (host, { x }) => body(makerOf(host), x);
  return { kernelName, kernel };
}

const sizeOf = (shape: number[]) => tf.util.sizeFromShape(shape);
const run = (x: tf.Tensor) => tf.engine().runKernel('test/Kernel', { x }) as tf.Tensor;

function footprint() {
  const { numTensors, numDataBuffers } = tf.memory();
  return { numTensors, numDataBuffers, held: tf.engine().backend.numDataIds() };
}

describeEachBackend('a kernel of ours', (backend) => {
  test('leaves nothing behind when it throws', async () => {
    await register[backend]('test/Kernel', (make) => {
      make([4, 4]);
      make([2, 4]);
      throw new RangeError('no room for the next');
    });
    const x = tf.ones([4, 4]);
    await x.data();
    const before = footprint();
    expect(() => run(x)).toThrow(RangeError);
    expect(footprint()).toEqual(before);
    x.dispose();
  });

  test('leaves its output and nothing else', async () => {
    await register[backend]('test/Kernel', (make) => {
      make([4, 4]);
      return make([2, 4]);
    });
    const x = tf.ones([4, 4]);
    await x.data();
    const before = footprint();
    const y = run(x);
    expect(y.shape).toEqual([2, 4]);
    expect(footprint().held).toBe(before.held + 1);
    y.dispose();
    expect(footprint()).toEqual(before);
    x.dispose();
  });

  test('takes the place of the one before it, and of one that TensorFlow.js has', async () => {
    const name = 'Cube';
    tf.registerKernel({ kernelName: name, backendName: backend, kernelFunc: () => [] });
    for (const rows of [3, 5]) {
      await register[backend](name, (make) => make([rows, 2]));
      await setBackend(backend);
      const y = tf.engine().runKernel(name, { x: tf.scalar(1) }) as tf.Tensor;
      expect(y.shape).toEqual([rows, 2]);
      y.dispose();
    }
    tf.unregisterKernel(name, backend);
  });
});
