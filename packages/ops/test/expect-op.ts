/** The check that every op of this package passes: values, gradients, reference and memory, against float64. */
import { differencesOf, expectClose, type Tolerance, type Values64 } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

/** A float32 tensor that is on no backend yet. */
export interface Sample {
  shape: number[];
  values: Float32Array;
}

type Run = (inputs: never, constants: never, attributes: never) => tf.Tensor;

interface Expectation {
  op: Run & { reference: Run; kernelName: string };
  inputs: Record<string, Sample>;
  constants?: tf.NamedTensorMap;
  attributes?: object;
  /** The op in float64, written without TF.js. */
  exact: (inputs: Values64) => Float64Array;
  /** Its gradients by input; by default, central differences of `exact`. */
  exactGradients?: (inputs: Values64, upstream: Float32Array) => Record<string, ArrayLike<number>>;
  forward?: Tolerance;
  backward?: Tolerance;
}

/** Fails unless the op and its reference agree with float64, forwards and backwards, and the op leaves nothing behind. */
export async function expectOp(expectation: Expectation): Promise<void> {
  const { op, inputs, exact, exactGradients = differences(exact) } = expectation;
  const values = Object.fromEntries(
    names(inputs).map((name) => [name, Float64Array.from(inputs[name]!.values)]),
  );
  const expected = exact(values);
  const upstream = randomValues(expected.length, 7);
  const gradients = exactGradients(values, upstream);
  const tensors = Object.values(inputs).map((input) => tf.tensor(input.values, input.shape));

  const check = (run: Run, title: string) =>
    expectRun({ ...expectation, run, title, tensors, expected, upstream, gradients });
  await check(op, op.kernelName);
  const before = footprint();
  await check(op, op.kernelName);
  expect(footprint()).toEqual(before);
  await check(op.reference, `the reference of ${op.kernelName}`);
  tf.dispose(tensors);
}

interface Checked extends Expectation {
  run: Run;
  title: string;
  tensors: tf.Tensor[];
  expected: Float64Array;
  upstream: Float32Array;
  gradients: Record<string, ArrayLike<number>>;
}

async function expectRun(checked: Checked): Promise<void> {
  const { inputs, constants = {}, attributes = {}, run, title, tensors } = checked;
  const { forward = { relative: 1e-5, absolute: 1e-6 }, backward = { relative: 1e-4, absolute: 1e-5 } } =
    checked;
  const f = (...given: tf.Tensor[]) => {
    const named = Object.fromEntries(names(inputs).map((name, i) => [name, given[i]!]));
    return run(named as never, constants as never, attributes as never);
  };
  const value = f(...tensors);
  const gradients = tf.tidy(() => tf.grads(f)(tensors, tf.tensor(checked.upstream, value.shape)));
  await expectClose(value, checked.expected, forward, title);
  for (const [i, name] of names(inputs).entries()) {
    expect(gradients[i]!.shape).toEqual(inputs[name]!.shape);
    await expectClose(
      gradients[i]!,
      checked.gradients[name]!,
      backward,
      `the gradient of ${title} in ${name}`,
    );
  }
  tf.dispose([value, ...gradients]);
}

const names = (inputs: Record<string, Sample>) => Object.keys(inputs);

/** What the engine counts, and what the backend holds whether the engine knows or not. */
function footprint() {
  const { numTensors, numDataBuffers, numBytes } = tf.memory();
  return { numTensors, numDataBuffers, numBytes, held: tf.engine().backend.numDataIds() };
}

function differences(exact: Expectation['exact']) {
  return (inputs: Values64, upstream: Float32Array): Values64 =>
    Object.fromEntries(
      Object.keys(inputs).map((name) => [name, differencesOf(exact, inputs, name, upstream)]),
    );
}

/** Values in −scale … scale that a seed determines (mulberry32). */
export function randomValues(count: number, seed: number, scale = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1) * scale;
  });
}

export function sample(shape: number[], seed: number, scale = 1): Sample {
  return { shape, values: randomValues(tf.util.sizeFromShape(shape), seed, scale) };
}
