/** What our kernels make of the calls on the current backend, held against the compositions on cpu. */
import { setBackend } from '@famjs/backends';
import { expectClose, float32 } from '@famjs/kernels/testing';
import { stream } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import { type Call, calls } from './calls.ts';
import { modelLoss } from './tiny-model.ts';

/** The numbers of a call: its value, and a gradient for each tensor that it takes. */
interface Outcome {
  value: ArrayLike<number>;
  gradients: ArrayLike<number>[];
}

/** What is right, as compositions in plain JavaScript have it. */
export interface Exact {
  outcomes: ReadonlyMap<Call, Outcome>;
  /** Of the model. */
  loss: number;
}

/** Computes what is right. Leaves cpu as the current backend. */
export async function exactly(): Promise<Exact> {
  await setBackend('cpu');
  const outcomes = new Map<Call, Outcome>();
  for (const call of calls) outcomes.set(call, await outcomeOf(call, true));
  return { outcomes, loss: await modelLoss() };
}

/** Rejects with what differs of a call on the current backend, or is left behind by it. */
export async function expectOutcome(call: Call, exact: Outcome): Promise<void> {
  const before = tf.memory().numTensors;
  const { value, gradients } = await outcomeOf(call, false);
  const left = tf.memory().numTensors - before;
  await expectClose(value, exact.value, float32.forward, call.name);
  for (const [i, gradient] of gradients.entries()) {
    const what = `the gradient of ${call.name} in its ${['first', 'second', 'third'][i] ?? `${i + 1}th`} input`;
    await expectClose(gradient, exact.gradients[i]!, float32.backward, what);
  }
  if (left !== 0) throw new Error(`${call.name} leaves ${left} tensors behind`);
}

/** @param composed whether the value is that of the tape, which is a composition on cpu, and not that of a kernel */
async function outcomeOf({ name, shapes, run, fixed }: Call, composed: boolean): Promise<Outcome> {
  const random = stream(1, 'data', name);
  const [value, ...gradients] = tf.tidy(() => {
    const numbers = (shape: readonly number[]) => random.normals(tf.util.sizeFromShape([...shape]));
    const inputs = shapes.map((shape) => tf.tensor(numbers(shape), [...shape]));
    const direct = run(...inputs);
    if (fixed) return [direct];
    const upstream = tf.tensor(numbers(direct.shape), direct.shape);
    const taped = tf.valueAndGrads(run)(inputs, upstream);
    return [composed ? taped.value : direct, ...taped.grads];
  }) as [tf.Tensor, ...tf.Tensor[]];
  try {
    return {
      value: await value.data(),
      gradients: await Promise.all(gradients.map((gradient) => gradient.data())),
    };
  } finally {
    tf.dispose([value, ...gradients]);
  }
}
