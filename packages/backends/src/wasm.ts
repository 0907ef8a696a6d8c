/** Runs WebAssembly modules of ours inside the memory of the wasm backend: their kernels work on tensors in place. */
import * as tf from '@tensorflow/tfjs-core';
import { BackendUnavailableError, require } from './errors.ts';
import { type Kernel, type KernelEntry, type Note, registrarFor } from './registrar.ts';

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
  /** So many float32 numbers at an address, until the memory grows: with the next tensor at the earliest. */
  numbers(address: number, count: number): Float32Array;
  /** A new tensor, whose values the kernel has yet to write. */
  output(shape: number[], dtype?: tf.DataType): { info: tf.TensorInfo; address: number };
  /** A second tensor over the same values. */
  share(tensor: tf.TensorInfo): tf.TensorInfo;
  /** Working memory of at least so many bytes until the kernel returns; the next call may hand out the same again. */
  scratch(bytes: number): number;
}

export type WasmKernel<Exports, Inputs, Attributes> = Kernel<WasmHost<Exports>, Inputs, Attributes>;

/** What loads the modules of a package: base64 that imports `env.memory`, nothing else, and keeps no data of its own. */
export type WasmModules = Record<'simd' | 'relaxed', () => Promise<{ binary: string }>>;

/**
 * Registers kernels for the wasm backend that call a WebAssembly module: the one with relaxed SIMD where that is had, which multiplies and adds in
 * one instruction, rounding once; else the one with SIMD. Each backend object gets an instance of the module when a kernel first runs on it, so
 * nothing needs doing when the backend is removed and started anew. Where WebAssembly has no SIMD, none are registered and the compositions run.
 *
 * @throws BackendUnavailableError when the running backend's memory cannot be shared with the module
 */
export async function registerWasmKernels<Exports>(
  modules: WasmModules,
  entries: readonly KernelEntry<WasmHost<Exports>>[],
): Promise<void> {
  const { binary } = await modules[WebAssembly.validate(relaxedMadd) ? 'relaxed' : 'simd']();
  const bytes = Uint8Array.from(atob(binary), (character) => character.charCodeAt(0));
  if (!WebAssembly.validate(bytes)) return;
  const residentIn = residentsOf<Exports>(await WebAssembly.compile(bytes));
  residentIn(tf.findBackend('wasm') as unknown as WasmBackend);
  registrarFor<WasmBackend, WasmHost<Exports>>('wasm', (backend, note) =>
    hostFor(backend, residentIn(backend), note),
  )(entries);
}

/** A module of one function, v128 × v128 × v128 → v128, that is f32x4.relaxed_madd of its arguments. */
const relaxedMadd = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 8, 1, 0x60, 3, 0x7b, 0x7b, 0x7b, 1, 0x7b],
  ...[3, 2, 1, 0],
  ...[10, 13, 1, 11, 0, 0x20, 0, 0x20, 1, 0x20, 2, 0xfd, 0x85, 2, 11],
);

/** A module beside a backend object: what of its kernels' host is the same for all calls. */
type Resident<Exports> = Pick<WasmHost<Exports>, 'run' | 'address' | 'numbers' | 'scratch'>;

/** The module beside each backend object, there when first asked for and forgotten with the backend. */
function residentsOf<Exports>(module: WebAssembly.Module): (backend: WasmBackend) => Resident<Exports> {
  const residents = new WeakMap<WasmBackend, Resident<Exports>>();
  return (backend) => {
    let resident = residents.get(backend);
    if (!resident) {
      resident = instantiateBeside<Exports>(backend, module);
      residents.set(backend, resident);
    }
    return resident;
  };
}

function instantiateBeside<Exports>(backend: WasmBackend, module: WebAssembly.Module): Resident<Exports> {
  const memory = backend.wasm.asm?.memory;
  require(memory?.buffer instanceof ArrayBuffer, BackendUnavailableError, () => ({
    wrong: 'The wasm backend runs with threads, or is another version than FAM.js knows.',
    expected: 'version 4.22 of @tensorflow/tfjs-backend-wasm, without threads.',
    remedy: 'start the backend with setBackend() of @famjs/backends, before anything else starts it.',
  }));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return {
    run: exports as Exports,
    address: (tensor) => backend.dataIdMap.get(tensor.dataId).memoryOffset,
    numbers: (address, count) => new Float32Array(memory.buffer, address, count),
    scratch: growingScratch(backend),
  };
}

function hostFor<Exports>(
  backend: WasmBackend,
  { run, address, numbers, scratch }: Resident<Exports>,
  note: Note,
): WasmHost<Exports> {
  return {
    run,
    address,
    numbers,
    scratch,
    output(shape, dtype = 'float32') {
      const info = note(backend.makeOutput(shape, dtype));
      return { info, address: allocated(address(info)) };
    },
    share({ dataId, shape, dtype }) {
      backend.incRef(dataId);
      return note({ dataId, shape, dtype });
    },
  };
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
