/** Gated linear units on wasm, with vectorized exponentials. */
import type * as tf from '@tensorflow/tfjs-core';
import type { GateActivation } from '../gated.ts';
import type { Host } from './module.ts';

type Inputs = { gateUp: tf.TensorInfo };
type Attributes = { activation: GateActivation };

/** As the module numbers them. */
const numbers: Record<GateActivation, number> = { silu: 0, gelu: 1, 'gelu-tanh': 2 };

export function gated(host: Host, { gateUp }: Inputs, { activation }: Attributes): tf.TensorInfo[] {
  const { shape, rows, width } = outputOf(gateUp);
  const y = host.output(shape);
  host.run.gated(host.address(gateUp), y.address, rows, width, numbers[activation]);
  return [y.info];
}

export function gatedGradient(
  host: Host,
  { gateUp, dy }: Inputs & { dy: tf.TensorInfo },
  { activation }: Attributes,
): tf.TensorInfo[] {
  const { rows, width } = outputOf(gateUp);
  const gradient = host.output(gateUp.shape);
  const addresses = [host.address(dy), host.address(gateUp), gradient.address];
  host.run.gatedGradient(...addresses, rows, width, numbers[activation]);
  return [gradient.info];
}

function outputOf(gateUp: tf.TensorInfo) {
  const outer = gateUp.shape.slice(0, -1);
  const width = gateUp.shape.at(-1)! / 2;
  return { shape: [...outer, width], rows: outer.reduce((a, b) => a * b, 1), width };
}
