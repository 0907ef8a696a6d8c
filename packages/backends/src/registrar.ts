/** Registers kernels of ours: one policy and one release path for all backends. */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendName } from './names.ts';

/** A kernel of ours: from inputs by name and attributes to outputs. */
export type Kernel<Host, Inputs, Attributes> = (
  host: Host,
  inputs: Inputs,
  attributes: Attributes,
) => tf.TensorInfo | tf.TensorInfo[];

/** A kernel under its name. `kernelsFor` of `@famjs/ops` makes entries whose types follow from the op. */
export interface KernelEntry<Host> {
  kernelName: string;
  kernel: Kernel<Host, never, never>;
  /** What the op reads of the registration: `KernelTerms` of `@famjs/ops`. */
  terms?: object;
}

type KernelParams = Parameters<tf.KernelFunc>[0];

/** Notes a tensor that a kernel has made. What a call has made and does not return is freed when it ends. */
export type Note = <Info extends tf.TensorInfo>(made: Info) => Info;

/**
 * The registrar of a backend. A name belongs to the kernel that was registered under it last, be the one before ours or
 * TensorFlow.js' own. What a call of a kernel makes and does not return is freed, whether the kernel returns or throws.
 *
 * @param hostOf what a call of a kernel works with; whatever it allocates it hands to `note`
 * @param within runs a call
 */
export function registrarFor<Backend extends object, Host>(
  backendName: BackendName,
  hostOf: (backend: Backend, note: Note) => Host,
  within: <Result>(call: () => Result) => Result = (call) => call(),
): (entries: readonly KernelEntry<Host>[]) => void {
  const call = (kernel: Kernel<Host, never, never>, { inputs, backend, attrs }: KernelParams) => {
    const { disposeData } = backend as tf.KernelBackend;
    const made: tf.TensorInfo[] = [];
    const note: Note = (info) => {
      made.push(info);
      return info;
    };
    let kept: tf.TensorInfo[] = [];
    try {
      const outputs = kernel(hostOf(backend as Backend, note), inputs as never, attrs as never);
      kept = Array.isArray(outputs) ? outputs : [outputs];
      return outputs;
    } finally {
      for (const { dataId } of made) {
        if (!kept.some((output) => output.dataId === dataId)) disposeData.call(backend, dataId);
      }
    }
  };
  return (entries) => {
    for (const { kernelName, kernel, terms } of entries) {
      const config: tf.KernelConfig = {
        ...terms,
        kernelName,
        backendName,
        kernelFunc: (params) => within(() => call(kernel, params)),
      };
      if (tf.getKernel(kernelName, backendName)) tf.unregisterKernel(kernelName, backendName);
      tf.registerKernel(config);
    }
  };
}
