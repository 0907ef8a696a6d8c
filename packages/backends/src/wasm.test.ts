/** Kernels of ours in the wasm backend's memory: they survive its growth and its replacement, and leave nothing behind. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, expect, test, vi } from 'vitest';
import { setBackend } from './set-backend.ts';
import { registerWasmKernels, type WasmHost } from './wasm.ts';

/**
 * (module (import "env" "memory" (memory 0))
 *   (func (export "put") (param i32 f32) local.get 0 local.get 1 f32.store)
 *   (func (export "take") (param i32) (result f32) local.get 0 f32.load))
 */
const module = btoa(
  String.fromCharCode(
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, 0x0b, 0x02, 0x60, 0x02, 0x7f, 0x7d, 0x00, 0x60, 0x01, 0x7f, 0x01, 0x7d],
    ...[0x02, 0x0f, 0x01, 0x03, 0x65, 0x6e, 0x76, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x00],
    ...[0x03, 0x03, 0x02, 0x00, 0x01],
    ...[0x07, 0x0e, 0x02, 0x03, 0x70, 0x75, 0x74, 0x00, 0x00, 0x04, 0x74, 0x61, 0x6b, 0x65, 0x00, 0x01],
    ...[0x0a, 0x13, 0x02, 0x09, 0x00, 0x20, 0x00, 0x20, 0x01, 0x38, 0x02, 0x00, 0x0b],
    ...[0x07, 0x00, 0x20, 0x00, 0x2a, 0x02, 0x00, 0x0b],
  ),
);

const load = async () => ({ binary: module });
const modules = { simd: load, relaxed: load };

type Host = WasmHost<{ put(address: number, value: number): void; take(address: number): number }>;
type Inputs = { x: tf.TensorInfo };

/** Sends the first value of x through `bytes` of scratch memory, whose address it notes. */
const throughScratch = (host: Host, { x }: Inputs, { bytes }: { bytes: number }) => {
  scratchAddress = host.scratch(bytes);
  host.run.put(scratchAddress + bytes - 4, host.run.take(host.address(x)));
  const y = host.output([1]);
  host.run.put(y.address, host.run.take(scratchAddress + bytes - 4));
  return y.info;
};
let scratchAddress = 0;

const first = (x: tf.Tensor, bytes = 4): tf.Tensor => tf.engine().runKernel('test/First', { x }, { bytes });
const heap = () =>
  (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array; _malloc(bytes: number): number } }).wasm;

beforeEach(async () => {
  await setBackend('wasm');
  await registerWasmKernels(modules, [{ kernelName: 'test/First', kernel: throughScratch }]);
});

test('a kernel reads and writes tensors in place', async () => {
  expect(await first(tf.tensor1d([7, 8])).data()).toEqual(Float32Array.of(7));
});

test.each([
  ['relaxed', true],
  ['simd', false],
] as const)(
  'of its modules the one with %s alone is loaded where relaxed SIMD is had: %s',
  async (wanted, had) => {
    const loaded: string[] = [];
    const noting = (name: string) => () => {
      loaded.push(name);
      return load();
    };
    const validate = vi.spyOn(WebAssembly, 'validate').mockReturnValueOnce(had);
    const kernels = [{ kernelName: `test/${wanted}`, kernel: throughScratch }];
    await registerWasmKernels({ simd: noting('simd'), relaxed: noting('relaxed') }, kernels);
    validate.mockRestore();
    expect(loaded).toEqual([wanted]);
  },
);

test('kernels go on when the memory grows, be it for tensors or for scratch', async () => {
  const x = tf.tensor1d([3]);
  const before = heap().HEAPU8.byteLength;
  const large = tf.zeros([before / 4]);
  const grown = heap().HEAPU8.byteLength;
  expect(grown).toBeGreaterThan(before);
  expect(await first(x).data()).toEqual(Float32Array.of(3));
  expect(await first(x, grown).data()).toEqual(Float32Array.of(3));
  expect(heap().HEAPU8.byteLength).toBeGreaterThan(grown);
  large.dispose();
});

test('scratch memory is one allocation that only grows', () => {
  const x = tf.tensor1d([3]);
  const addressFor = (bytes: number) => {
    first(x, bytes);
    return scratchAddress;
  };
  const address = addressFor(4096);
  expect(addressFor(64)).toBe(address);
  expect(addressFor(4096)).toBe(address);
});

test('a backend that was removed and started anew has kernels of its own', async () => {
  await first(tf.tensor1d([1]), 1 << 20).data();
  const factory = tf.findBackendFactory('wasm');
  await setBackend('cpu');
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', factory);
  await setBackend('wasm');
  expect(await first(tf.tensor1d([5]), 64).data()).toEqual(Float32Array.of(5));
});

test('a kernel run leaves its output and nothing else', () => {
  const x = tf.tensor1d([3]);
  const before = tf.memory();
  const count = tf.engine().backend.numDataIds();
  for (let i = 0; i < 10; i++) first(x, 1024).dispose();
  expect(tf.memory()).toEqual(before);
  expect(tf.engine().backend.numDataIds()).toBe(count);
});

test('exhausted memory raises an error, after which smaller requests work', () => {
  const x = tf.tensor1d([3]);
  const exhausted = vi.spyOn(heap(), '_malloc').mockReturnValue(0);
  expect(() => first(x, 2 ** 28)).toThrow(RangeError);
  exhausted.mockRestore();
  expect(first(x).dataSync()[0]).toBe(3);
});

test('a kernel whose second output finds no memory gives the first one back', async () => {
  const kernelName = 'test/Two';
  const two = (host: Host) => [host.output([8]).info, host.output([8]).info];
  await registerWasmKernels(modules, [{ kernelName, kernel: two }]);
  const x = tf.tensor1d([3]);
  const count = tf.engine().backend.numDataIds();
  const { _malloc: malloc } = heap();
  const exhausted = vi.spyOn(heap(), '_malloc').mockImplementationOnce(malloc).mockReturnValueOnce(0);
  expect(() => tf.engine().runKernel(kernelName, { x })).toThrow(RangeError);
  exhausted.mockRestore();
  expect(tf.engine().backend.numDataIds()).toBe(count);
});
