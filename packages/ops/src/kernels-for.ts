/** Entries of a backend's table of kernels: what a kernel is given follows from the op that it computes. */
import type { Kernel, KernelEntry } from '@famjs/backends';
import type * as tf from '@tensorflow/tfjs-core';
import type { RunnableKernelOp, Tensors } from './kernel-op.ts';
import type { PlainKernel } from './plain-kernel.ts';

/** Tensors as a backend knows them. */
type Infos<Named extends Tensors> = {
  [Name in keyof Named]: tf.TensorInfo | Extract<Named[Name], undefined>;
};

/** What a forward kernel hands to the gradient: the op's outputs, or, besides the value, residuals of its own. */
type Saved<Output extends string, Residual extends string> = Record<
  [Residual] extends [never] ? Output : 'value' | `${Residual}${number}`,
  tf.TensorInfo
>;

/**
 * The kernels of an op on one backend.
 *
 * @param kernels `forward` returns the op's outputs in their order; `gradient` the gradients of the inputs named in the
 *   attribute `gradientsOf`, in that order; the others are `KernelTerms`.
 */
export function kernelsFor<
  Host,
  Inputs extends Tensors,
  Constants extends Tensors,
  Attributes extends object,
  Output extends string,
  Residual extends string = never,
>(
  op: RunnableKernelOp<Inputs, Constants, Attributes, Output>,
  kernels: {
    forward: Kernel<Host, Infos<Inputs & Constants>, Attributes>;
    gradient: Kernel<
      Host,
      Infos<Inputs & Constants> & Saved<Output, Residual> & { dy: tf.TensorInfo },
      Attributes & { gradientsOf: (keyof Inputs)[] }
    >;
    residuals?: Residual;
    takes?(tensors: Infos<Inputs & Constants>, attributes: Attributes): boolean;
  },
): KernelEntry<Host>[] {
  const { forward, gradient, ...terms } = kernels;
  return [
    { kernelName: op.kernelName, kernel: forward, terms },
    { kernelName: `${op.kernelName}Grad`, kernel: gradient },
  ];
}

/** A kernel without a gradient. */
export function kernelFor<Host, Inputs extends Tensors, Attributes extends object>(
  { kernelName }: PlainKernel<Inputs, Attributes>,
  kernel: Kernel<Host, Infos<Inputs>, Attributes>,
): KernelEntry<Host>[] {
  return [{ kernelName, kernel }];
}
