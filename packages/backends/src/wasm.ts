/** Runs WebAssembly modules of ours inside the memory of the wasm backend: their kernels work on tensors in place. */
import * as tf from '@tensorflow/tfjs-core';
import { BackendUnavailableError, require } from './errors.ts';

/** What we use of the backend object of `@tensorflow/tfjs-backend-wasm`. */
interface WasmBackend {
  wasm: { asm: { memory: WebAssembly.Memory }; _malloc(bytes: number): number; _free(address: number): void };
  dataIdMap: { get(id: tf.DataId): { memoryOffset: number } };
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  incRef(dataId: tf.DataId): void;
}

/** What a kernel works with. Addresses count bytes in the memory of the backend, and stay valid when it grows. */
export interface WasmHost<Exports> {
  /** The functions of our module. */
  run: Exports;
  /** Where the values of a tensor lie. */
  address(tensor: tf.TensorInfo): number;
  /** A new tensor, whose values the kernel has yet to write. */
  output(shape: number[], dtype?: tf.DataType): { info: tf.TensorInfo; address: number };
  /** A second tensor over the same values. */
  share(tensor: tf.TensorInfo): tf.TensorInfo;
  /** Working memory of at least so many bytes until the kernel returns; the next call may hand out the same again. */
  scratch(bytes: number): number;
}

/** A kernel of ours: inputs by name and attributes, as `kernelOp` hands them over, to outputs. */
export type WasmKernel<Exports, Inputs, Attributes> = (
  host: WasmHost<Exports>,
  inputs: Inputs,
  attributes: Attributes,
) => tf.TensorInfo | tf.TensorInfo[];

/** Names of the kernels that are ours. */
const registered = new Set<string>();

/**
 * Registers kernels for the wasm backend that call a WebAssembly module. Each backend object gets an instance of the
 * module when a kernel first runs on it, so nothing needs doing when the backend is removed and started anew, and a
 * second registration changes nothing. A kernel of TF.js with the name of one of ours makes way. Where WebAssembly has
 * no SIMD, none are registered and the compositions run.
 *
 * @param binary base64 of a module that imports `env.memory`, nothing else, and keeps no data of its own
 * @param kernels by kernel name
 * @throws BackendUnavailableError when the running backend's memory cannot be shared with the module
 */
export async function registerWasmKernels<Exports>(
  binary: string,
  kernels: Record<string, WasmKernel<Exports, never, never>>,
): Promise<void> {
  const missing = Object.entries(kernels).filter(([kernelName]) => !registered.has(kernelName));
  const bytes = Uint8Array.from(atob(binary), (character) => character.charCodeAt(0));
  if (missing.length === 0 || !WebAssembly.validate(bytes)) return;
  const hostOf = hostsOf<Exports>(await WebAssembly.compile(bytes));
  hostOf(tf.backend() as unknown as WasmBackend);

  for (const [kernelName, kernel] of missing) {
    if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm');
    registered.add(kernelName);
    tf.registerKernel({
      kernelName,
      backendName: 'wasm',
      kernelFunc: ({ inputs, backend, attrs }) =>
        kernel(hostOf(backend as WasmBackend), inputs as never, attrs as never),
    });
  }
}

/** The host beside each backend object, made when first asked for and forgotten with the backend. */
function hostsOf<Exports>(module: WebAssembly.Module): (backend: WasmBackend) => WasmHost<Exports> {
  const hosts = new WeakMap<WasmBackend, WasmHost<Exports>>();
  return (backend) => {
    let host = hosts.get(backend);
    if (!host) {
      host = instantiateBeside<Exports>(backend, module);
      hosts.set(backend, host);
    }
    return host;
  };
}

function instantiateBeside<Exports>(backend: WasmBackend, module: WebAssembly.Module): WasmHost<Exports> {
  const memory = backend.wasm.asm?.memory;
  require(memory?.buffer instanceof ArrayBuffer, BackendUnavailableError, () => ({
    wrong: 'The wasm backend runs with threads, or is another version than FAM.js knows.',
    expected: 'version 4.22 of @tensorflow/tfjs-backend-wasm, without threads.',
    remedy: 'start the backend with setBackend() of @famjs/backends, before anything else starts it.',
  }));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const address = (tensor: tf.TensorInfo) => backend.dataIdMap.get(tensor.dataId).memoryOffset;
  const output = (shape: number[], dtype: tf.DataType = 'float32') => {
    const info = backend.makeOutput(shape, dtype);
    return { info, address: allocated(address(info)) };
  };
  const share = ({ dataId, shape, dtype }: tf.TensorInfo) => {
    backend.incRef(dataId);
    return { dataId, shape, dtype };
  };
  return { run: exports as Exports, address, output, share, scratch: growingScratch(backend) };
}

/** One allocation beside the tensors, replaced by a larger one when a kernel needs more. */
function growingScratch({ wasm }: WasmBackend): (bytes: number) => number {
  let [address, size] = [0, 0];
  return (bytes) => {
    if (bytes > size) {
      wasm._free(address);
      [address, size] = [0, 0];
      address = allocated(wasm._malloc(bytes) >>> 0);
      size = bytes;
    }
    return address;
  };
}

function allocated(address: number): number {
  if (address === 0)
    throw new RangeError('The wasm backend is out of memory (4 GiB at most): use smaller batches.');
  return address;
}
