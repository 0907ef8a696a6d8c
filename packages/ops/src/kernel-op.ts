/**
 * The one mechanism behind our ops and attention: a function that runs as a kernel of the current backend where one is
 * registered under its name, and as a composition of core ops, which is its reference, where none is.
 */
import * as tf from '@tensorflow/tfjs-core';
import { isTaped } from './taped.ts';

export type Tensors = Record<string, tf.Tensor | undefined>;

/** The members of `T` that were given. */
type Given<T extends Tensors> = { [K in keyof T]: NonNullable<T[K]> };

export interface KernelOp<
  Inputs extends Tensors,
  Constants extends Tensors,
  Attributes extends object,
  Output extends string = 'value',
> {
  /**
   * Name of the kernel. The forward kernel gets `{...inputs, ...constants}` and returns the value followed by the
   * residuals. The kernel `<name>Grad` gets these, `dy` and the outputs by name, and the attribute `gradientsOf`, the
   * names of the inputs whose gradients it returns, in that order. A kernel whose registration has a name `residuals`
   * returns others than `outputs` says, any number, and they come back as `<residuals>1`, `<residuals>2`, … One whose
   * registration has a function `takes` is passed by for calls of which that is false: the composition runs instead.
   */
  name: string;
  /** Names of the outputs; the first is the value, the others are residuals that only the backward pass reads. */
  outputs: readonly [Output, ...Output[]];
  /**
   * Names of what the gradient reads of inputs, constants and outputs; all unless given. Nothing else is kept until then.
   *
   * @param differentiable names of the inputs that have a gradient
   */
  reads?(differentiable: readonly string[]): readonly string[];
  /** The composition of core ops: the outputs in the order of their names. */
  forward(inputs: Inputs & Constants, attributes: Attributes): tf.Tensor[];
  /** The gradients by input name, where they take fewer ops than those TF.js derives from `forward`; at least those of `gradientsOf`. */
  backward?(
    dy: tf.Tensor,
    saved: Given<Inputs & Constants> & Record<Output, tf.Tensor>,
    attributes: Attributes,
    gradientsOf: readonly string[],
  ): { [K in keyof Inputs]?: tf.Tensor };
}

export interface RunnableKernelOp<
  Inputs extends Tensors,
  Constants extends Tensors,
  Attributes extends object,
  Output extends string = 'value',
> {
  /** Differentiable in `inputs`, not in `constants`. */
  (inputs: Inputs, constants: Constants, attributes: Attributes): tf.Tensor;
  /** The same value as a plain composition of core ops, with the gradients that TF.js derives from it. */
  reference(inputs: Inputs, constants: Constants, attributes: Attributes): tf.Tensor;
  readonly kernelName: string;
  readonly outputs: readonly Output[];
}

/** Makes the differentiable function of an op. */
export function kernelOp<
  Inputs extends Tensors,
  Constants extends Tensors,
  Attributes extends object,
  Output extends string = 'value',
>(
  op: KernelOp<Inputs, Constants, Attributes, Output>,
): RunnableKernelOp<Inputs, Constants, Attributes, Output> {
  const reference = (inputs: Inputs, constants: Constants, attributes: Attributes) =>
    tf.tidy(() => op.forward({ ...inputs, ...constants }, attributes)[0]!);

  const run = (inputs: Inputs, constants: Constants, attributes: Attributes): tf.Tensor => {
    const [differentiable, unchanging] = apart(given(inputs));
    const fixed = { ...unchanging, ...given(constants) };
    // Nothing goes to nothing in all our ops; its gradients are zero, and GPUs have no buffers of no bytes to find them.
    const isEmpty = Object.values({ ...differentiable, ...fixed }).some(({ size }) => size === 0);
    const kernel = kernelFor(op.name, { ...differentiable, ...fixed }, attributes);
    const hasKernel = kernel !== undefined;
    const inputNames = Object.keys(differentiable);
    const taped = isTaped() && inputNames.length > 0;
    if (hasKernel && !taped) return firstOf(runKernel(op.name, { ...differentiable, ...fixed }, attributes));
    if (!hasKernel && !((op.backward || isEmpty) && taped)) return reference(inputs, constants, attributes);

    const read = isEmpty || (hasKernel && kernel.residuals) ? undefined : op.reads?.(inputNames);
    const nameOf = (output: number) =>
      output > 0 && kernel?.residuals ? `${kernel.residuals}${output}` : op.outputs[output]!;

    const forward = (named: tf.NamedTensorMap): tf.Tensor[] =>
      hasKernel ? runKernel(op.name, named, attributes) : op.forward(named as Inputs & Constants, attributes);

    const backward = (dy: tf.Tensor, named: tf.NamedTensorMap): tf.Tensor[] => {
      if (isEmpty) return inputNames.map((name) => tf.zerosLike(named[name]!));
      if (hasKernel)
        return runKernel(`${op.name}Grad`, { ...named, dy }, { ...attributes, gradientsOf: inputNames });
      const gradients = op.backward!(dy, named as never, attributes, inputNames);
      return inputNames.map((name) => gradients[name]!);
    };

    return tf.customGrad((...args) => {
      const save = args.pop() as tf.GradSaveFunc;
      const tensors = args as tf.Tensor[];
      const outputs = forward({ ...fixed, ...zip(inputNames, tensors) });
      const kept = Object.entries({
        ...zip(inputNames, tensors),
        ...fixed,
        ...Object.fromEntries(outputs.map((output, index) => [nameOf(index), output])),
      }).filter(([name]) => read?.includes(name) ?? true);
      save(kept.map(([, tensor]) => tensor));
      const savedNames = kept.map(([name]) => name);
      return {
        value: outputs[0]!,
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => backward(dy, zip(savedNames, saved)),
      };
    })(...Object.values(differentiable));
  };

  return Object.assign(run, { reference, kernelName: op.name, outputs: op.outputs });
}

const frozen = new Set<number>();

/** Runs `call`, in which our ops have no gradient in these tensors. */
export function withFrozen<Result>(tensors: readonly tf.Tensor[], call: () => Result): Result {
  const added = tensors.filter(({ id }) => !frozen.has(id));
  for (const { id } of added) frozen.add(id);
  try {
    return call();
  } finally {
    for (const { id } of added) frozen.delete(id);
  }
}

/** Tensors that may have a gradient, and frozen ones. */
function apart(inputs: tf.NamedTensorMap): [tf.NamedTensorMap, tf.NamedTensorMap] {
  const entries = Object.entries(inputs);
  if (frozen.size === 0) return [inputs, {}];
  const of = (isFrozen: boolean) =>
    Object.fromEntries(entries.filter(([, { id }]) => frozen.has(id) === isFrozen));
  return [of(false), of(true)];
}

function firstOf([value, ...residuals]: tf.Tensor[]): tf.Tensor {
  tf.dispose(residuals);
  return value!;
}

/** What a registration may say beside what TF.js reads of it. */
export interface KernelTerms {
  /** Name of the residuals, where they are others than the op's `outputs`. */
  residuals?: string;
  /** Whether the kernel can do a call; it can do all where this is absent. */
  takes?(tensors: tf.NamedTensorMap, attributes: object): boolean;
}

/** The current backend's kernel for a call, if it has one that takes the call. */
function kernelFor(
  name: string,
  tensors: tf.NamedTensorMap,
  attributes: object,
): (tf.KernelConfig & KernelTerms) | undefined {
  const kernel: (tf.KernelConfig & KernelTerms) | undefined = tf.getKernel(name, tf.getBackend());
  return (kernel?.takes?.(tensors, attributes) ?? true) ? kernel : undefined;
}

/** The outputs of a kernel of the current backend, as a list however many there are. */
export function runKernel(name: string, inputs: tf.NamedTensorMap, attributes: object): tf.Tensor[] {
  const outputs = tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap) as
    | tf.Tensor
    | tf.Tensor[];
  return Array.isArray(outputs) ? outputs : [outputs];
}

function given(tensors: Tensors): tf.NamedTensorMap {
  return Object.fromEntries(Object.entries(tensors).filter(([, tensor]) => tensor)) as tf.NamedTensorMap;
}

function zip(names: readonly string[], tensors: readonly tf.Tensor[]): tf.NamedTensorMap {
  return Object.fromEntries(names.map((name, index) => [name, tensors[index]!]));
}
