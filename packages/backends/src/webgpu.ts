/** Runs compute shaders of ours on the device of the webgpu backend, as part of its own stream of commands. */
import * as tf from '@tensorflow/tfjs-core';
import { type Kernel, type Note, registrarFor } from './registrar.ts';
import { type Join, joinLanes } from './webgpu-lanes.ts';
import { requireBindable, requireGrid } from './webgpu-limits.ts';

/** What we use of the backend object of `@tensorflow/tfjs-backend-webgpu`. */
interface WebGpuBackend {
  device: GPUDevice;
  tensorMap: { get(id: tf.DataId): { resource: GPUBuffer } };
  commandQueueOwnedIds: WeakSet<tf.DataId>;
  commandEncoder: GPUCommandEncoder;
  computePassEncoder: GPUComputePassEncoder | null;
  dispatchCountInPass: number;
  makeTensorInfo(shape: number[], dtype: tf.DataType, values?: tf.TypedArray): tf.TensorInfo;
  uploadToGPU(id: tf.DataId): void;
  incRef(id: tf.DataId): void;
  makeUniforms(values: { type: 'uint32' | 'float32'; data: number[] }[]): GPUBindingResource;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** A compute shader with the tensors that it runs over. */
export interface Dispatch {
  /** Tells the shader from all others: a name, and whatever its code depends on. */
  key: string;
  /**
   * WGSL that defines `fn kernel(workgroup: u32, lane: u32)`. Tensors are arrays under the names in `inputs` and
   * `outputs`, numbers are members of `sizes`. Called only where the shader was not compiled before.
   */
  code(): string;
  /** A tensor that is absent or empty is an array of one value that nobody should read. */
  inputs: Record<string, tf.TensorInfo | undefined>;
  outputs: Record<string, tf.TensorInfo>;
  /** Whole numbers from 0, u32 in the shader. */
  counts?: Record<string, number>;
  /** f32 in the shader. */
  factors?: Record<string, number>;
  workgroupSize: number;
  workgroups: number;
}

/** What a kernel works with. */
export interface WebGpuHost {
  limits: GPUSupportedLimits;
  /** A new tensor, whose values the kernel has yet to write. */
  output(shape: number[]): tf.TensorInfo;
  /** A second tensor over the same values, as an output that keeps what the kernel does not write. */
  share(tensor: tf.TensorInfo): tf.TensorInfo;
  /** A float32 tensor of so many values that is gone when the kernel returns. */
  scratch(size: number): tf.TensorInfo;
  /**
   * The bits of several tensors in one of int32, which is gone when the kernel returns: for shaders that would
   * otherwise bind more tensors than every device allows.
   *
   * @returns the tensor, and the index in it at which each of `tensors` begins, by its name; 0 for those that are absent
   */
  pack<Name extends string>(
    tensors: Record<Name, tf.TensorInfo | undefined>,
  ): { packed: tf.TensorInfo; at: Record<Name, number> };
  run(dispatch: Dispatch): void;
  /**
   * WGSL of `fn <name>(value: f32, lane: u32) -> f32`, from which every lane of a workgroup gets the sum, or the highest,
   * of all lanes' values. A barrier: whole workgroups call it.
   *
   * @param lanes a multiple of 8: the size of the workgroup
   */
  joinLanes(name: string, join: Join, lanes: number): string;
}

export type WebGpuKernel<Inputs, Attributes> = Kernel<WebGpuHost, Inputs, Attributes>;

/** Registers kernels for the webgpu backend. */
export const registerWebGpuKernels = registrarFor<WebGpuBackend, WebGpuHost>('webgpu', hostFor);

/** The compiled shaders of each backend object. */
const pipelines = new WeakMap<WebGpuBackend, Map<string, GPUComputePipeline>>();

function pipelineOf(backend: WebGpuBackend, dispatch: Dispatch): GPUComputePipeline {
  const compiled = pipelines.get(backend) ?? new Map<string, GPUComputePipeline>();
  pipelines.set(backend, compiled);
  const pipeline = compiled.get(dispatch.key) ?? compile(backend.device, dispatch);
  compiled.set(dispatch.key, pipeline);
  return pipeline;
}

/** The host of one call of a kernel. */
function hostFor(backend: WebGpuBackend, note: Note): WebGpuHost {
  const { device } = backend;
  const borrow = (size: number, dtype: tf.DataType) => note(backend.makeTensorInfo([size], dtype));
  const bufferOf = ({ dataId }: tf.TensorInfo) => {
    backend.uploadToGPU(dataId);
    backend.commandQueueOwnedIds.add(dataId);
    return backend.tensorMap.get(dataId).resource;
  };

  const pack: WebGpuHost['pack'] = (tensors) => {
    const given = (Object.entries(tensors) as [string, tf.TensorInfo | undefined][]).map(
      ([name, tensor]) => ({
        ...{ name, tensor, size: sizeOf(tensor) },
      }),
    );
    const packed = borrow(
      given.reduce((sum, { size }) => sum + size, 1),
      'int32',
    );
    const target = bufferOf(packed);
    const at: Record<string, number> = {};
    let end = 0;
    for (const { name, tensor, size } of given) {
      at[name] = end;
      if (size === 0) continue;
      const source = bufferOf(tensor!);
      backend.ensureCommandEncoderReady();
      backend.endComputePassEncoder();
      backend.commandEncoder.copyBufferToBuffer(source, 0, target, 4 * end, 4 * size);
      end += size;
    }
    return { packed, at };
  };

  const run = (dispatch: Dispatch) => {
    const { key, inputs, outputs, counts = {}, factors = {}, workgroups } = dispatch;
    if (workgroups === 0) return;
    requireGrid(device.limits, key, workgroups);
    for (const [name, tensor] of Object.entries({ ...inputs, ...outputs }))
      if (tensor) requireBindable(device.limits, `${name} of ${key}`, tensor);
    const pipeline = pipelineOf(backend, dispatch);
    const stride = device.limits.maxComputeWorkgroupsPerDimension;
    const read = Object.values(inputs).map((tensor) => (sizeOf(tensor) > 0 ? tensor! : borrow(1, 'float32')));
    const bindings = [...read, ...Object.values(outputs)].map((tensor) => ({ buffer: bufferOf(tensor) }));
    const uniforms = backend.makeUniforms([
      ...[workgroups, stride, ...Object.values(counts)].map(uint32),
      ...Object.values(factors).map(float32),
    ]);
    const group = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [...bindings, uniforms].map((resource, binding) => ({ binding, resource })),
    });
    backend.ensureCommandEncoderReady();
    backend.computePassEncoder ??= backend.commandEncoder.beginComputePass();
    backend.computePassEncoder.setPipeline(pipeline);
    backend.computePassEncoder.setBindGroup(0, group);
    backend.computePassEncoder.dispatchWorkgroups(
      Math.min(workgroups, stride),
      Math.ceil(workgroups / stride),
    );
    backend.dispatchCountInPass++;
    if (backend.dispatchCountInPass >= tf.env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')) {
      backend.endComputePassEncoder();
      backend.submitQueue();
    }
  };

  const output = (shape: number[]) =>
    note(backend.makeTensorInfo(shape, 'float32', sizeOf({ shape }) === 0 ? new Float32Array() : undefined));
  const share = ({ dataId, shape, dtype }: tf.TensorInfo) => {
    backend.incRef(dataId);
    return note({ dataId, shape, dtype });
  };
  const scratch = (size: number) => borrow(size, 'float32');
  return {
    ...{ limits: device.limits, output, share, scratch, pack, run },
    joinLanes: (name, join, lanes) => joinLanes(name, join, lanes, hasSubgroups(device)),
  };
}

/** The layout is explicit, as the one that is read off the code leaves out what the code does not touch. */
function compile(device: GPUDevice, dispatch: Dispatch): GPUComputePipeline {
  const { key, inputs, outputs, counts = {}, factors = {}, workgroupSize } = dispatch;
  const variables: { type: GPUBufferBindingType; declaration: string }[] = [
    ...Object.entries(inputs).map(([name, tensor]) => ({
      type: 'read-only-storage' as const,
      declaration: `var<storage, read> ${name}: array<${tensor?.dtype === 'int32' ? 'i32' : 'f32'}>;`,
    })),
    ...Object.keys(outputs).map((name) => ({
      type: 'storage' as const,
      declaration: `var<storage, read_write> ${name}: array<f32>;`,
    })),
    { type: 'uniform', declaration: 'var<uniform> sizes: Sizes;' },
  ];
  const members = [
    ...['workgroups', 'stride', ...Object.keys(counts)].map((name) => `${name}: u32`),
    ...Object.keys(factors).map((name) => `${name}: f32`),
  ];
  const subgroups = hasSubgroups(device);
  // Workgroups are numbered through both dimensions of the grid, as the device limits each.
  const code = `
    ${subgroups ? subgroupHeader : ''}
    struct Sizes { ${members.join(', ')} }
    ${variables.map(({ declaration }, index) => `@group(0) @binding(${index}) ${declaration}`).join('\n')}
    ${dispatch.code()}
    @compute @workgroup_size(${workgroupSize})
    fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32${subgroups ? subgroupParameters : ''}) {
      ${subgroups ? 'subgroupLane = laneOfSubgroup; subgroupSize = lanesOfSubgroup;' : ''}
      let workgroup = id.x + id.y * sizes.stride;
      if (workgroup < sizes.workgroups) { kernel(workgroup, lane); }
    }`;
  const module = device.createShaderModule({ label: key, code });
  const layout = device.createBindGroupLayout({
    entries: variables.map(({ type }, binding) => ({
      ...{ binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } },
    })),
  });
  return device.createComputePipeline({
    label: key,
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module, entryPoint: 'main' },
  });
}

const hasSubgroups = ({ features }: GPUDevice) => features.has('subgroups');

const subgroupHeader = `
  enable subgroups;
  var<private> subgroupLane: u32;
  var<private> subgroupSize: u32;`;

const subgroupParameters =
  ', @builtin(subgroup_invocation_id) laneOfSubgroup: u32, @builtin(subgroup_size) lanesOfSubgroup: u32';

const uint32 = (value: number) => ({ type: 'uint32' as const, data: [value] });
const float32 = (value: number) => ({ type: 'float32' as const, data: [value] });

function sizeOf(tensor: { shape: number[] } | undefined): number {
  return tensor ? tf.util.sizeFromShape(tensor.shape) : 0;
}
